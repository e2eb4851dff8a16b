import { rm } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { DomainError } from "@lakefleet/lib/errors/domain-error.ts";
import busboy from "busboy";
import { type SavedUpload, saveUpload } from "./save-upload.ts";

export interface Upload extends SavedUpload {
  fields: Record<string, string>;
}

export interface ReceiveUploadOptions {
  incoming: IncomingMessage;
  folder: string;
  accept: (fields: Record<string, string>) => void;
}

/** Sixteen fields are known; the rest is room for a client's mistakes to be named one by one. */
const fieldsMax = 64;
/** Holds the names of a thousand columns; busboy's own limit of 1 MiB for each would let one request hold 64 MiB. */
const fieldBytesMax = 64 * 1024;

/**
 * Streams one multipart upload to `folder/content`, synced with its folder when the promise resolves. `accept` sees the
 * fields before the first byte of the file is written and refuses by throwing; nothing is left behind on any failure.
 * The connection stays open on a refusal, so that the client can read the answer.
 */
export async function receiveUpload(options: ReceiveUploadOptions): Promise<Upload> {
  const stop = new AbortController();
  const fields = new Map<string, string>();
  let saving: Promise<SavedUpload> | undefined;
  const parser = openParser(options.incoming);
  const refuse = (error: unknown) => void parser.destroy(asError(error));

  parser.on("field", (name: string | undefined, value, info) => {
    const problem = problemOfField({
      name,
      truncated: info.valueTruncated,
      fields,
      afterFile: saving !== undefined,
    });
    if (problem !== undefined) refuse(problem);
    else fields.set(name ?? "", value);
  });
  parser.on("fieldsLimit", () =>
    refuse(invalidUpload("body-field", `There are more than ${fieldsMax} fields.`)),
  );
  parser.on("filesLimit", () => refuse(notOneFile()));
  parser.on("file", (field: string | undefined, content, info) => {
    // The parser reports why it ended a part early; without a listener the part's own report would end the process.
    content.on("error", () => undefined);
    if (field !== "file") return refuse(notOneFile());
    saving = takeFile(content, { ...options, fields, name: info.filename ?? "", signal: stop.signal });
    saving.catch(refuse);
  });

  try {
    await parseAll(options.incoming, parser);
    if (saving === undefined) throw invalidUpload("body-file", "The upload has no part named file.");
    return { ...(await saving), fields: Object.fromEntries(fields) };
  } catch (error) {
    stop.abort();
    await Promise.allSettled([saving]);
    await rm(options.folder, { recursive: true, force: true });
    throw error;
  }
}

async function takeFile(
  content: Readable,
  options: ReceiveUploadOptions & { fields: ReadonlyMap<string, string>; name: string; signal: AbortSignal },
): Promise<SavedUpload> {
  // Not an object that is filled by key: a field named __proto__ must be seen like any other that is not known.
  options.accept(Object.fromEntries(options.fields));
  return saveUpload(content, options);
}

function openParser(incoming: IncomingMessage): busboy.Busboy {
  try {
    return busboy({
      headers: incoming.headers,
      preservePath: true,
      defParamCharset: "utf8",
      limits: { fields: fieldsMax, fieldSize: fieldBytesMax, files: 1 },
    });
  } catch (cause) {
    throw new DomainError({
      kind: "invalid",
      type: "body-malformed",
      message: "The body is not multipart/form-data with a boundary.",
      remedy: "curl -F dataset=name -F file=@path sends the right form.",
      cause,
    });
  }
}

/** Not `stream.pipeline`: it would close the connection on an error, and the client would never learn which. */
function parseAll(incoming: IncomingMessage, parser: busboy.Busboy): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown) => {
      incoming.unpipe(parser);
      incoming.resume();
      parser.destroy();
      reject(cause instanceof DomainError || !isParserError(cause) ? cause : malformed(cause));
    };
    const onGone = () => {
      if (!incoming.complete) parser.destroy(malformed(undefined));
    };
    parser.on("error", fail);
    parser.once("close", resolve);
    incoming.on("error", onGone);
    incoming.once("close", onGone);
    if (incoming.destroyed) onGone();
    else incoming.pipe(parser);
  });
}

function problemOfField(field: {
  name: string | undefined;
  truncated: boolean;
  fields: ReadonlyMap<string, string>;
  afterFile: boolean;
}): DomainError | undefined {
  const { name, truncated, fields, afterFile } = field;
  if (name === undefined) return invalidUpload("body-field", "A part of the form has no name.");
  const shown = JSON.stringify(name.slice(0, 60));
  if (truncated)
    return invalidUpload("body-field", `The field ${shown} is longer than ${fieldBytesMax} bytes.`);
  if (afterFile)
    return invalidUpload("body-order", `The field ${shown} comes after the file; send all fields before it.`);
  if (fields.has(name)) return invalidUpload("body-field", `The field ${shown} is there twice.`);
  return undefined;
}

/** Errors of the parser are plain; those of the disk carry a code. */
function isParserError(cause: unknown): boolean {
  return cause instanceof Error && !("code" in cause);
}

function malformed(cause: unknown): DomainError {
  return invalidUpload(
    "body-malformed",
    "The form is not well-formed, or ends before its last boundary.",
    cause,
  );
}

function notOneFile(): DomainError {
  return invalidUpload("body-file", "Send exactly one file, in a part named file.");
}

function invalidUpload(type: string, message: string, cause?: unknown): DomainError {
  return new DomainError({ kind: "invalid", type, field: "file", message, cause });
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error), { cause: error });
}

import { createWriteStream } from "node:fs";
import { mkdir, open, rm } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { DomainError } from "@lakefleet/lib/errors/domain-error.ts";
import busboy from "busboy";

export interface Upload {
  fields: Record<string, string>;
  /** The name the client gave, checked to be a plain file name. */
  name: string;
  path: string;
  byteCount: number;
}

/**
 * Streams one multipart upload to `folder/content`, synced with its folder when the promise resolves. `accept` sees the
 * fields before the first byte of the file is written and refuses by throwing; nothing is left behind on any failure.
 * The rest of a refused body is read and dropped, since most clients only read the answer after they sent everything.
 */
export async function receiveUpload(options: {
  incoming: IncomingMessage;
  folder: string;
  accept: (fields: Record<string, string>) => void;
}): Promise<Upload> {
  try {
    return await receive(options);
  } catch (error) {
    await rm(options.folder, { recursive: true, force: true });
    options.incoming.resume();
    throw error;
  }
}

async function receive(options: Parameters<typeof receiveUpload>[0]): Promise<Upload> {
  const parser = openParser(options.incoming);
  const fields: Record<string, string> = {};
  let saved: Promise<Upload> | undefined;
  parser.on("field", (name, value, info) => {
    if (info.valueTruncated || info.nameTruncated) {
      parser.destroy(invalidUpload("body-field", `The field ${name.slice(0, 60)} is too long.`));
    } else if (saved) {
      parser.destroy(invalidUpload("body-order", `The field ${name} comes after the file; send all fields before it.`));
    } else {
      fields[name] = value;
    }
  });
  parser.on("file", (field, content, info) => {
    if (field !== "file" || saved) {
      content.resume();
      parser.destroy(invalidUpload("body-file", "Send exactly one file, in a part named file."));
      return;
    }
    saved = saveFile(content, { ...options, fields, name: info.filename ?? "" });
    // The pipeline below reports it; without a handler of its own an early failure would count as unhandled.
    saved.catch((error) => {
      content.resume();
      parser.destroy(error);
    });
  });
  await parseAll(options.incoming, parser);
  if (!saved) throw invalidUpload("body-file", "The upload has no part named file.");
  return saved;
}

function openParser(incoming: IncomingMessage) {
  try {
    // 64 fields of 64 KiB hold every name a wide table can have; busboy's default of 1 MiB each would hold memory.
    return busboy({
      headers: incoming.headers,
      preservePath: true,
      defParamCharset: "utf8",
      limits: { fields: 64, fieldSize: 64 * 1024, files: 2, fieldNameSize: 200 },
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

async function parseAll(incoming: IncomingMessage, parser: busboy.Busboy): Promise<void> {
  try {
    await pipeline(incoming, parser);
  } catch (cause) {
    if (cause instanceof DomainError) throw cause;
    throw invalidUpload("body-truncated", "The upload ended before its last boundary.", cause);
  }
}

async function saveFile(
  content: NodeJS.ReadableStream,
  options: { folder: string; fields: Record<string, string>; name: string; accept: (fields: Record<string, string>) => void },
): Promise<Upload> {
  assertFileName(options.name);
  options.accept(options.fields);
  await mkdir(options.folder, { recursive: true });
  const target = path.join(options.folder, "content");
  const file = createWriteStream(target, { flags: "wx", flush: true, highWaterMark: 1024 * 1024 });
  try {
    await pipeline(content, file);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOSPC") throw cause;
    throw new DomainError({ kind: "exhausted", type: "disk-full", message: "The disk is full; the upload was not kept.", cause });
  }
  await syncFolder(options.folder);
  await syncFolder(path.dirname(options.folder));
  return { fields: options.fields, name: options.name, path: target, byteCount: file.bytesWritten };
}

/** A name with a path in it is either a mistake or a trick; in neither case would the right part be clear. */
export function assertFileName(name: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are just what is refused here.
  const plain = name.length > 0 && Buffer.byteLength(name) <= 255 && !/[/\\\u0000-\u001f\u007f]/.test(name);
  if (plain && name !== "." && name !== "..") return;
  throw new DomainError({
    kind: "invalid",
    type: "file-name",
    field: "file",
    message: "The file's name must be a plain name of at most 255 bytes, without / \\ or control characters.",
    remedy: "Send the bare name, without a folder.",
  });
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function invalidUpload(type: string, message: string, cause?: unknown): DomainError {
  return new DomainError({ kind: "invalid", type, field: "file", message, cause });
}

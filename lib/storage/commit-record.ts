import { z } from "zod";
import { DomainError } from "../errors/domain-error.ts";
import { canonicalJson } from "./canonical-json.ts";
import { checksumBytes } from "./checksum.ts";

/** One committed document: number `n` of its log, from 1 without gaps. */
export interface Commit<T> {
  number: number;
  /** ISO 8601, UTC, by the clock of the process that committed. */
  at: string;
  document: T;
}

/** The stored text. The checksum covers the canonical JSON of number, time and document. */
const StoredCommit = z.strictObject({
  number: z.int().positive(),
  at: z.string(),
  checksum: z.string(),
  document: z.unknown(),
});

/** The bytes to store, and the commit as a later reader will see it. A document off its schema is `invalid`. */
export function encodeCommit<T>(
  commit: Commit<T>,
  schema: z.ZodType<T>,
): { bytes: Uint8Array; commit: Commit<T> } {
  const document: unknown = JSON.parse(JSON.stringify(commit.document));
  const parsed = schema.safeParse(document);
  if (!parsed.success) throw documentError(parsed.error);
  const stored = { number: commit.number, at: commit.at, document };
  const checksum = checksumBytes(canonicalJson(stored));
  const text = `${JSON.stringify({ number: commit.number, at: commit.at, checksum, document })}\n`;
  return { bytes: Buffer.from(text), commit: { ...commit, document: parsed.data } };
}

/** Checks the text whole; anything wrong with it is `corrupt`, `commit-damaged` with the key as its place. */
export function decodeCommit<T>(
  bytes: Uint8Array,
  expected: { key: string; number: number; schema: z.ZodType<T> },
): Commit<T> {
  const stored = StoredCommit.safeParse(parseJson(bytes, expected.key));
  if (!stored.success) throw damaged(expected.key, "is not a commit", stored.error);
  const { number, at, checksum, document } = stored.data;
  if (checksum !== checksumBytes(canonicalJson({ number, at, document }))) {
    throw damaged(expected.key, "does not match its checksum");
  }
  if (number !== expected.number) throw damaged(expected.key, `holds commit ${number}`);
  const parsed = expected.schema.safeParse(document);
  if (!parsed.success) throw damaged(expected.key, "does not fit its schema", parsed.error);
  return { number, at, document: parsed.data };
}

export function damaged(key: string, problem: string, cause?: unknown): DomainError {
  return new DomainError({
    kind: "corrupt",
    type: "commit-damaged",
    message: `The commit at "${key}" ${problem}.`,
    place: { file: key },
    remedy: "Restore the file from a backup; nothing is built on a damaged commit.",
    cause,
  });
}

function parseJson(bytes: Uint8Array, key: string): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw damaged(key, "is not JSON in UTF-8", error);
  }
}

function documentError(cause: z.ZodError): DomainError {
  const issue = cause.issues[0];
  return new DomainError({
    kind: "invalid",
    type: "commit-document",
    message: `The document does not fit its schema: ${issue?.path.join(".")}: ${issue?.message}`,
    field: issue?.path.join("."),
    cause,
  });
}

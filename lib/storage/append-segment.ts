import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import path from "node:path";
import { hasCode } from "./error-code.ts";
import { tryFileLock } from "./file-lock.ts";

/** One file of an append log. Names sort by creation; each is written by one writer and never opened for writing again. */
export interface Segment {
  name: string;
  createdAtMs: number;
  writer: string;
}

export const segmentEnding = ".log";
const namePattern = /^(\d{15})-([0-9a-f]{16})\.log$/;

export function newWriter(): string {
  return randomBytes(8).toString("hex");
}

/** Fifteen digits hold the milliseconds of the next thirty thousand years. */
export function segmentName(createdAtMs: number, writer: string): string {
  return `${String(createdAtMs).padStart(15, "0")}-${writer}${segmentEnding}`;
}

/** The segments of a folder in the order of their names; none where the folder does not exist. */
export async function listSegments(folder: string): Promise<Segment[]> {
  const segments: Segment[] = [];
  for (const name of (await readNames(folder)).sort()) {
    const match = namePattern.exec(name);
    if (match !== null) segments.push({ name, createdAtMs: Number(match[1]), writer: match[2] ?? "" });
  }
  return segments;
}

/** Those that no writer will touch again: of dead writers all, and of living ones all but the newest. */
export async function listClosedSegments(folder: string): Promise<Segment[]> {
  const segments = await listSegments(folder);
  const alive = new Map<string, boolean>();
  const newestOf = new Map(segments.map((segment) => [segment.writer, segment.name]));
  for (const writer of newestOf.keys()) alive.set(writer, isWriterAlive(folder, writer));
  return segments.filter(({ writer, name }) => alive.get(writer) !== true || newestOf.get(writer) !== name);
}

/** The file whose lock a writer holds for as long as it lives; the kernel frees it when the writer is killed. */
export function writerLockPath(folder: string, writer: string): string {
  return path.join(folder, `writer-${writer}.lock`);
}

export function isWriterAlive(folder: string, writer: string): boolean {
  const file = writerLockPath(folder, writer);
  if (!existsSync(file)) return false;
  using lock = tryFileLock(file);
  return lock === undefined;
}

async function readNames(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return [];
    throw error;
  }
}

import { type FileHandle, open } from "node:fs/promises";
import path from "node:path";
import type { z } from "zod";
import { DomainError } from "../errors/domain-error.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { isWriterAlive, listSegments, type Segment } from "./append-segment.ts";
import { hasCode } from "./error-code.ts";
import { type LineDamage, splitLines } from "./split-lines.ts";

interface ReadOptions<T> {
  folder: string;
  schema: z.ZodType<T>;
  telemetry?: Telemetry | undefined;
}

interface OpenedSegment extends Segment {
  handle: FileHandle;
}

/** Each defeat means that a whole compaction ended meanwhile; more than a few in a row cannot be. */
const openTriesMax = 20;

/** The records of all segments that exist at the call. */
export async function* readSegments<T>(options: ReadOptions<T>): AsyncGenerator<T> {
  for await (const { records } of readEachSegment(options)) yield* records;
}

/** The same, each segment's by themselves, to be read before the next is asked for. */
export async function* readEachSegment<T>(
  options: ReadOptions<T>,
): AsyncGenerator<{ name: string; records: AsyncGenerator<T> }> {
  const opened = await openAll(options.folder);
  try {
    for (const segment of opened) yield { name: segment.name, records: readSegment(options, segment) };
  } finally {
    await Promise.all(opened.map(({ handle }) => handle.close()));
  }
}

/** The records of the given segments only. They must not be removed meanwhile. */
export async function* readChosenSegments<T>(
  options: ReadOptions<T>,
  segments: Segment[],
): AsyncGenerator<T> {
  for (const segment of segments) {
    await using handle = await open(path.join(options.folder, segment.name), "r");
    yield* readSegment(options, { ...segment, handle });
  }
}

/** All are opened before the first is read: a compaction that removes some then changes nothing for this reader. */
async function openAll(folder: string): Promise<OpenedSegment[]> {
  for (let tries = 1; ; tries += 1) {
    const opened: OpenedSegment[] = [];
    try {
      for (const segment of await listSegments(folder)) {
        opened.push({ ...segment, handle: await open(path.join(folder, segment.name), "r") });
      }
      return opened;
    } catch (error) {
      await Promise.all(opened.map(({ handle }) => handle.close()));
      if (!hasCode(error, "ENOENT") || tries === openTriesMax) throw error;
    }
  }
}

async function* readSegment<T>(options: ReadOptions<T>, segment: OpenedSegment): AsyncGenerator<T> {
  const file = path.join(options.folder, segment.name);
  for await (const line of splitLines(segment.handle)) {
    if (line.kind === "damage") throw damaged(file, line);
    if (line.kind === "torn") reportTear(options, segment, line);
    if (line.kind === "line") yield parseRecord(options.schema, line, file);
  }
}

function parseRecord<T>(schema: z.ZodType<T>, line: { byte: number; text: string }, file: string): T {
  const record = schema.safeParse(JSON.parse(line.text));
  if (record.success) return record.data;
  throw damaged(file, { byte: line.byte, problem: "does not fit its schema" }, record.error);
}

/** The last line of a living writer is not torn: it is being written. */
function reportTear<T>(
  options: ReadOptions<T>,
  segment: Segment,
  tear: { byte: number; lostBytes: number },
): void {
  if (options.telemetry === undefined || isWriterAlive(options.folder, segment.writer)) return;
  const { byte, lostBytes } = tear;
  options.telemetry.emit("storage.torn-tail", { file: segment.name, byte, lostBytes });
}

function damaged(file: string, damage: LineDamage, cause?: unknown): DomainError {
  return new DomainError({
    kind: "corrupt",
    type: "append-log-damaged",
    message: `The record at byte ${damage.byte} of ${file} ${damage.problem}.`,
    place: { file, byte: damage.byte },
    remedy: "Restore the file from a backup, or move it away to go on without its records.",
    cause,
  });
}

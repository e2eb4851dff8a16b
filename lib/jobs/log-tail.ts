import { type FileHandle, open } from "node:fs/promises";
import path from "node:path";
import type { z } from "zod";
import { DomainError } from "../errors/domain-error.ts";
import { lineBytesMax, lineText } from "../storage/append-line.ts";
import { isWriterAlive, listSegments, type Segment } from "../storage/append-segment.ts";
import type { WriterPosition } from "../storage/append-writer.ts";
import { hasCode } from "../storage/error-code.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";

/** Reads an append log forward: each call gives what all writers have appended since the call before. */
export interface LogTail {
  read(): Promise<void>;
}

export interface LogTailOptions<T> {
  folder: string;
  schema: z.ZodType<T>;
  telemetry: Telemetry;
  /** What this process has appended itself, and its reader knows already; to read that again would cost most of all. */
  own(): WriterPosition | undefined;
  onRecord(record: T): void;
  /** Segments have been compacted away: forget everything, all that counts follows, own records included. */
  onRestart(): void;
}

/** Holds at least one whole line, and takes a few milliseconds to parse. */
const chunkBytes = Math.max(256 * 1_024, lineBytesMax);
/** Each defeat means that a whole compaction ended meanwhile. */
const triesMax = 10;

export function openLogTail<T>(options: LogTailOptions<T>): LogTail {
  /** Segment → bytes that are read; only whole lines count. */
  let offsets = new Map<string, number>();
  let restarted = false;
  const restart = () => {
    offsets = new Map();
    restarted = true;
    options.onRestart();
  };

  async function readForward(): Promise<void> {
    const segments = await listSegments(options.folder);
    const present = new Set(segments.map((segment) => segment.name));
    if ([...offsets.keys()].some((name) => !present.has(name))) restart();
    const own = restarted ? undefined : options.own();
    if (own !== undefined) offsets.set(own.segment, Math.max(own.end, offsets.get(own.segment) ?? 0));
    for (const segment of segments) {
      const { name } = segment;
      await using handle = await open(path.join(options.folder, name), "r");
      const seenBefore = offsets.has(name);
      const from = offsets.get(name) ?? 0;
      for await (const end of readLines(options, handle, { name, from })) offsets.set(name, end);
      if (!seenBefore) await reportTear(options, handle, segment, offsets.get(name) ?? 0);
    }
    restarted = false;
  }

  return {
    async read() {
      for (let tries = 1; ; tries += 1) {
        try {
          return await readForward();
        } catch (error) {
          if (!hasCode(error, "ENOENT") || tries === triesMax) throw error;
          restart();
        }
      }
    },
  };
}

/** Hands on the records of the whole lines from `from` on, and yields the offset behind each chunk of them. */
async function* readLines<T>(
  { schema, onRecord }: LogTailOptions<T>,
  handle: FileHandle,
  segment: { name: string; from: number },
): AsyncGenerator<number> {
  const { size } = await handle.stat();
  let position = segment.from;
  if (size <= position) {
    yield position;
    return;
  }
  const buffer = Buffer.allocUnsafe(Math.min(chunkBytes, size - position));
  while (position < size) {
    const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, size - position), position);
    const chunk = buffer.subarray(0, bytesRead);
    const whole = chunk.lastIndexOf(10) + 1;
    // What has no line feed yet is still being written, or was torn off when its writer was killed.
    if (whole === 0) return;
    for (let start = 0; start < whole; ) {
      const end = chunk.indexOf(10, start);
      onRecord(decode(schema, chunk.subarray(start, end), { file: segment.name, byte: position + start }));
      start = end + 1;
    }
    position += whole;
    yield position;
  }
}

/** The last line of a living writer is not torn: it is being written. */
async function reportTear<T>(
  { folder, telemetry }: LogTailOptions<T>,
  handle: FileHandle,
  segment: Segment,
  byte: number,
): Promise<void> {
  const lostBytes = (await handle.stat()).size - byte;
  if (lostBytes === 0 || isWriterAlive(folder, segment.writer)) return;
  telemetry.emit("storage.torn-tail", { file: segment.name, byte, lostBytes });
}

function decode<T>(schema: z.ZodType<T>, line: Buffer, place: { file: string; byte: number }): T {
  const text = lineText(line);
  const record = text === undefined ? undefined : schema.safeParse(JSON.parse(text));
  if (record?.success) return record.data;
  throw new DomainError({
    kind: "corrupt",
    type: "append-log-damaged",
    message: `The record at byte ${place.byte} of ${place.file} is damaged.`,
    place,
    remedy: "Restore the file from a backup, or move it away to go on without its records.",
    cause: record?.error,
  });
}

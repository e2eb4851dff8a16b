import { setImmediate as nextTurn } from "node:timers/promises";
import type { z } from "zod";
import { DomainError } from "../errors/domain-error.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { encodeLine } from "./append-line.ts";
import { readSegments } from "./append-reader.ts";
import { createAppendWriter, type WriterPosition } from "./append-writer.ts";

/** A journal of small records in a local folder: many writing processes, one view for readers. */
export interface AppendLog<T> {
  /**
   * Resolves when the record is on disk. Appends that run at the same time share one write and one sync. If it
   * rejects, the record does not count, though a reader may find it if the disk failed in the middle.
   */
  append(record: T): Promise<void>;
  /** How far this log's own appends have got in its open segment: a reader beside it knows those without reading. */
  position(): WriterPosition | undefined;
  /** Waits for the appends under way; later ones are refused. */
  close(): Promise<void>;
}

export interface AppendLogOptions<T> {
  folder: string;
  /** Without transformations: a record must be its own JSON. */
  schema: z.ZodType<T>;
  /** A segment is closed, and can be compacted, once it is this large. */
  segmentBytesMax?: number;
}

const defaultSegmentBytesMax = 64 * 1024 * 1024;
/** One write of this size takes a few milliseconds; larger batches would only lengthen the wait of their first record. */
const batchBytesMax = 1024 * 1024;
/** Seconds of work for a slow disk; who has more in flight must wait. */
const waitingMax = 100_000;

interface Waiting {
  line: Uint8Array;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/** Opens the log for writing. The folder and the writer's own segment are created at the first append. */
export async function openAppendLog<T>(options: AppendLogOptions<T>): Promise<AppendLog<T>> {
  const { folder, schema, segmentBytesMax = defaultSegmentBytesMax } = options;
  const writer = createAppendWriter({ folder, segmentBytesMax });
  const waiting: Waiting[] = [];
  let draining: Promise<void> | undefined;
  let closed = false;

  const drain = async () => {
    // Callers whose records were just synced append again in this turn; taking the batch a turn later joins them.
    for (await nextTurn(); waiting.length > 0; await nextTurn()) {
      const batch = takeBatch(waiting);
      await writer.write(Buffer.concat(batch.map(({ line }) => line))).then(
        () =>
          batch.forEach(({ resolve }) => {
            resolve();
          }),
        (error: unknown) =>
          batch.forEach(({ reject }) => {
            reject(error);
          }),
      );
    }
    draining = undefined;
  };

  return {
    append: async (record) => {
      if (closed) throw logClosed(folder);
      if (waiting.length >= waitingMax) throw logFull(folder);
      const line = encodeLine(record, schema);
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      waiting.push({ line, resolve, reject });
      draining ??= drain();
      await promise;
    },
    position: () => writer.position(),
    close: async () => {
      closed = true;
      await draining;
      await writer.close();
    },
  };
}

/**
 * All records of the log as it stands, segment by segment in the order of their creation; within one writer that is
 * the order of appending. The unfinished last line of a killed writer is passed over and told to `telemetry`; damage
 * before the end is `corrupt`, `append-log-damaged` with file and byte. A missing folder has no records.
 */
export function readAppendLog<T>(options: {
  folder: string;
  schema: z.ZodType<T>;
  telemetry?: Telemetry;
}): AsyncIterable<T> {
  return readSegments(options);
}

function takeBatch(waiting: Waiting[]): Waiting[] {
  let byteCount = 0;
  let count = 0;
  for (const { line } of waiting) {
    byteCount += line.length;
    if (count > 0 && byteCount > batchBytesMax) break;
    count += 1;
  }
  return waiting.splice(0, count);
}

function logClosed(folder: string): DomainError {
  return new DomainError({
    kind: "unavailable",
    type: "append-log-closed",
    message: `The log in ${folder} is closed.`,
  });
}

function logFull(folder: string): DomainError {
  return new DomainError({
    kind: "busy",
    type: "append-log-full",
    message: `${waitingMax} records wait for the disk in ${folder}.`,
    retryAfterSeconds: 1,
  });
}

import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, rename, rm, unlink } from "node:fs/promises";
import path from "node:path";
import type { z } from "zod";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { encodeLine } from "./append-line.ts";
import { readChosenSegments } from "./append-reader.ts";
import {
  isWriterAlive,
  listSegments,
  newWriter,
  type Segment,
  segmentName,
  writerLockPath,
} from "./append-segment.ts";
import { diskError } from "./disk-error.ts";
import { syncFolder, writeNewFile } from "./durable-file.ts";
import { failpoint } from "./failpoint.ts";
import { withFileLock } from "./file-lock.ts";

export interface CompactOptions<T> {
  folder: string;
  schema: z.ZodType<T>;
  /** Whether a record is still needed. It must say true of every record that it does not know to be finished. */
  keep: (record: T) => boolean;
  telemetry?: Telemetry;
  signal?: AbortSignal;
}

export interface Compaction {
  kept: number;
  dropped: number;
  segmentsRemoved: number;
}

const unfinishedEnding = ".compacting";
const blockBytes = 256 * 1024;

/**
 * Rewrites the segments that no writer will touch again into one that holds only the records to keep, then removes
 * them. A kill at any point loses no record; it may leave some twice, in their old order both times, so records must
 * mean the same when they are read again. Records that end in a torn tail are gone, as for any reader.
 */
export function compactAppendLog<T>(options: CompactOptions<T>): Promise<Compaction> {
  const { folder, signal } = options;
  return withFileLock(
    { folder, name: "compaction", ...(signal === undefined ? {} : { signal }) },
    async () => {
      await removeUnfinished(folder);
      const closed = closedSegments(folder, await listSegments(folder));
      const first = closed[0];
      if (first === undefined) return { kept: 0, dropped: 0, segmentsRemoved: 0 };
      const counts = await writeCompacted(options, closed, first);
      for (const segment of closed) {
        await unlink(path.join(folder, segment.name));
        failpoint("storage.after-remove");
      }
      await syncFolder(folder);
      await removeWriterLocks(folder, closed);
      return { ...counts, segmentsRemoved: closed.length };
    },
  );
}

/** Those of dead writers, and of living ones all but the newest. */
function closedSegments(folder: string, segments: Segment[]): Segment[] {
  const alive = new Map<string, boolean>();
  const newestOf = new Map(segments.map((segment) => [segment.writer, segment.name]));
  for (const writer of newestOf.keys()) alive.set(writer, isWriterAlive(folder, writer));
  return segments.filter(({ writer, name }) => alive.get(writer) !== true || newestOf.get(writer) !== name);
}

/**
 * The new segment takes the place of the oldest one, so that it sorts before everything its writers have written
 * since; the old ones are then removed oldest first, so that what is left is always the end of what was there.
 */
async function writeCompacted<T>(
  options: CompactOptions<T>,
  closed: Segment[],
  first: Segment,
): Promise<{ kept: number; dropped: number }> {
  const { folder, schema, keep } = options;
  const counts = { kept: 0, dropped: 0 };
  const lines = async function* () {
    for await (const record of readChosenSegments(options, closed)) {
      options.signal?.throwIfAborted();
      const isKept = keep(record);
      counts[isKept ? "kept" : "dropped"] += 1;
      if (isKept) yield encodeLine(record, schema);
    }
  };
  const unfinished = path.join(folder, `${randomUUID()}${unfinishedEnding}`);
  try {
    await writeNewFile(unfinished, joinLines(lines()));
    if (counts.kept === 0) return counts;
    failpoint("storage.before-rename");
    await rename(unfinished, path.join(folder, segmentName(first.createdAtMs, newWriter())));
    failpoint("storage.after-rename");
    await syncFolder(folder);
    return counts;
  } catch (error) {
    throw diskError(error);
  } finally {
    await rm(unfinished, { force: true });
  }
}

async function* joinLines(lines: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let block: Buffer[] = [];
  let byteCount = 0;
  for await (const line of lines) {
    block.push(line);
    byteCount += line.length;
    if (byteCount < blockBytes) continue;
    yield Buffer.concat(block);
    block = [];
    byteCount = 0;
  }
  yield Buffer.concat(block);
}

async function removeUnfinished(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name.endsWith(unfinishedEnding)) await rm(path.join(folder, name), { force: true });
  }
}

/** Only of writers that had a segment: before its first one a writer may be about to take its lock. */
async function removeWriterLocks(folder: string, closed: Segment[]): Promise<void> {
  for (const { writer } of closed) {
    const file = writerLockPath(folder, writer);
    if (existsSync(file) && !isWriterAlive(folder, writer)) await rm(file, { force: true });
  }
}

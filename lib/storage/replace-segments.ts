import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, rename, rm, unlink } from "node:fs/promises";
import path from "node:path";
import type { z } from "zod";
import { encodeLine } from "./append-line.ts";
import {
  isWriterAlive,
  listClosedSegments,
  newWriter,
  type Segment,
  segmentName,
  writerLockPath,
} from "./append-segment.ts";
import { diskError } from "./disk-error.ts";
import { syncFolder, writeNewFile } from "./durable-file.ts";
import { failpoint } from "./failpoint.ts";
import { withFileLock } from "./file-lock.ts";

export interface ReplaceOptions<T> {
  folder: string;
  schema: z.ZodType<T>;
  /** The records that stand for those of the closed segments; without one, no segment takes their place. */
  rewrite: (closed: Segment[]) => AsyncIterable<T>;
  signal?: AbortSignal | undefined;
}

const unfinishedEnding = ".compacting";
const blockBytes = 256 * 1024;

/**
 * Puts one segment in the place of those that no writer will touch again, then removes them, and answers how many they
 * were. A kill at any point loses none; it may leave some of the old ones beside the new one.
 */
export function replaceSegments<T>(options: ReplaceOptions<T>): Promise<number> {
  const { folder, signal } = options;
  return withFileLock(
    { folder, name: "compaction", ...(signal === undefined ? {} : { signal }) },
    async () => {
      await removeUnfinished(folder);
      const closed = await listClosedSegments(folder);
      const first = closed[0];
      if (first === undefined) return 0;
      await writeReplacement(options, closed, first);
      for (const segment of closed) {
        await unlink(path.join(folder, segment.name));
        failpoint("storage.after-remove");
      }
      await syncFolder(folder);
      await removeWriterLocks(folder, closed);
      return closed.length;
    },
  );
}

/**
 * The new segment takes the place of the oldest one, so that it sorts before everything its writers have written
 * since; the old ones are then removed oldest first, so that what is left is always the end of what was there.
 */
async function writeReplacement<T>(
  { folder, schema, rewrite }: ReplaceOptions<T>,
  closed: Segment[],
  first: Segment,
): Promise<void> {
  let isEmpty = true;
  const lines = async function* () {
    for await (const record of rewrite(closed)) {
      isEmpty = false;
      yield encodeLine(record, schema);
    }
  };
  const unfinished = path.join(folder, `${randomUUID()}${unfinishedEnding}`);
  try {
    await writeNewFile(unfinished, joinLines(lines()));
    if (isEmpty) return;
    failpoint("storage.before-rename");
    await rename(unfinished, path.join(folder, segmentName(first.createdAtMs, newWriter())));
    failpoint("storage.after-rename");
    await syncFolder(folder);
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

import { constants, type FileHandle, open, unlink } from "node:fs/promises";
import path from "node:path";
import { DomainError } from "../errors/domain-error.ts";
import { listSegments, newWriter, segmentName, writerLockPath } from "./append-segment.ts";
import { diskError } from "./disk-error.ts";
import { syncFolder, writeAll } from "./durable-file.ts";
import { tryFileLock } from "./file-lock.ts";
import { createFolderDurable } from "./local-bucket.ts";

export interface AppendWriter {
  /** Writes whole lines and syncs them. If it fails, none of them counts, and the next write begins a new segment. */
  write(lines: Uint8Array): Promise<void>;
  /** The segment that is written to, and up to where it is synced; undefined where none is open. */
  position(): WriterPosition | undefined;
  close(): Promise<void>;
}

export interface WriterPosition {
  segment: string;
  end: number;
}

interface OpenSegment {
  file: string;
  handle: FileHandle;
  /** Bytes that are written and synced. */
  length: number;
}

/**
 * On Linux a write to a file that is opened so is on disk when it returns, as if it were synced. One call instead of two
 * takes a sixth off an accepted request, because each wakes another thread. Elsewhere the flag can mean less.
 */
const writesSync = process.platform === "linux";
const openFlags =
  constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (writesSync ? constants.O_DSYNC : 0);

/** Writes the segments of one writer, one call at a time. Nothing is created before the first write. */
export function createAppendWriter(options: { folder: string; segmentBytesMax: number }): AppendWriter {
  const { folder, segmentBytesMax } = options;
  const writer = newWriter();
  let lock: Disposable | undefined;
  let segment: OpenSegment | undefined;

  const leaveSegment = async () => {
    const left = segment;
    segment = undefined;
    await left?.handle.close();
  };

  const currentSegment = async (byteCount: number) => {
    if (segment !== undefined && segment.length + byteCount > segmentBytesMax) await leaveSegment();
    if (lock === undefined) {
      await createFolderDurable(folder);
      lock = holdWriterLock(folder, writer);
    }
    segment ??= await createSegment(folder, writer);
    return segment;
  };

  return {
    write: async (lines) => {
      try {
        const current = await currentSegment(lines.length);
        await writeAll(current.handle, lines);
        if (!writesSync) await current.handle.datasync();
        current.length += lines.length;
      } catch (error) {
        try {
          if (segment !== undefined) await undoWrite(segment);
        } finally {
          await leaveSegment();
        }
        throw diskError(error);
      }
    },
    position: () => segment && { segment: path.basename(segment.file), end: segment.length },
    close: async () => {
      await leaveSegment();
      if (lock === undefined) return;
      await unlink(writerLockPath(folder, writer));
      lock[Symbol.dispose]();
      lock = undefined;
    },
  };
}

/**
 * Cuts off what a failed write left, so that records reported as lost do not appear later. The segment is not written
 * to again, because readers may have passed its end; one that holds nothing is removed, as a full disk makes many.
 */
async function undoWrite({ file, handle, length }: OpenSegment): Promise<void> {
  if (length === 0) return unlink(file);
  await handle.truncate(length);
  await handle.datasync();
}

/** A new file whose name sorts after all that exist, also when the clock has been set back; its entry is synced. */
async function createSegment(folder: string, writer: string): Promise<OpenSegment> {
  const newest = (await listSegments(folder)).at(-1)?.createdAtMs ?? 0;
  const createdAtMs = Math.max(Date.now(), newest + 1);
  const file = path.join(folder, segmentName(createdAtMs, writer));
  const handle = await open(file, openFlags);
  try {
    await syncFolder(folder);
    return { file, handle, length: 0 };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function holdWriterLock(folder: string, writer: string): Disposable {
  const lock = tryFileLock(writerLockPath(folder, writer));
  if (lock !== undefined) return lock;
  throw new DomainError({
    kind: "unavailable",
    type: "lock-unusable",
    message: `Another process holds the new writer lock ${writer}, which cannot be.`,
  });
}

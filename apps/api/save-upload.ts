import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { DomainError } from "@lakefleet/lib/errors/domain-error.ts";
import { diskError } from "@lakefleet/lib/storage/disk-error.ts";
import { syncFolder } from "@lakefleet/lib/storage/durable-file.ts";
import { syncWhileWriting } from "@lakefleet/lib/storage/sync-while-writing.ts";

export interface SavedUpload {
  /** The name the client gave, checked to be a plain file name. */
  name: string;
  path: string;
}

/** Writes the content to `folder/content`; it and its names are on disk when the promise resolves. */
export async function saveUpload(
  content: Readable,
  { folder, name, signal }: { folder: string; name: string; signal: AbortSignal },
): Promise<SavedUpload> {
  assertFileName(name);
  const target = path.join(folder, "content");
  try {
    await mkdir(folder, { recursive: true });
    const early = syncWhileWriting(target);
    try {
      await pipeline(
        content,
        createWriteStream(target, { flags: "wx", flush: true, highWaterMark: 1024 * 1024 }),
        { signal },
      );
    } finally {
      await early.stop();
    }
    await syncFolder(folder);
    await syncFolder(path.dirname(folder));
  } catch (error) {
    throw diskError(error);
  }
  return { name, path: target };
}

/** A name with a path in it is either a mistake or a trick; in neither case would the right part be clear. */
function assertFileName(name: string): void {
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

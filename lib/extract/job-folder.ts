import { mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import path from "node:path";
import { DomainError } from "../errors/domain-error.ts";
import { diskError } from "../storage/disk-error.ts";
import type { Extraction, ExtractOptions } from "./extraction.ts";

/**
 * Runs the task in a new folder below `scratch`, where the result's files stay and nothing else does. After an error
 * the folder is gone; an abort ends in `cancelled`, whatever it interrupted.
 */
export async function inJobFolder(
  { scratch, signal }: ExtractOptions,
  task: (folder: string) => Promise<Extraction>,
): Promise<Extraction> {
  const folder = await mkdtemp(path.join(scratch, "extract-"));
  try {
    const extraction = await task(folder);
    const kept = [extraction.parquetPath, extraction.rejects?.path];
    for (const entry of await readdir(folder)) {
      const file = path.join(folder, entry);
      if (!kept.includes(file)) await rm(file, { recursive: true });
    }
    return extraction;
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw signal?.aborted ? cancelled(signal) : diskError(error);
  }
}

function cancelled({ reason }: AbortSignal): DomainError {
  if (reason instanceof DomainError) return reason;
  return new DomainError({
    kind: "cancelled",
    type: "cancelled",
    message: "The work was cancelled.",
    cause: reason,
  });
}

/** A link to the file under a plain name: the engine takes `*`, `?` and `[` in a path for a pattern. */
export async function linkPlainly(file: string, folder: string): Promise<string> {
  const link = path.join(folder, "source");
  await symlink(path.resolve(file), link);
  return link;
}

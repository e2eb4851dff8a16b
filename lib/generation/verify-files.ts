import { stat } from "node:fs/promises";
import path from "node:path";
import { checksumFile } from "../storage/checksum.ts";
import { hasCode } from "../storage/error-code.ts";
import { forEachBounded } from "../storage/for-each-bounded.ts";
import { assertKey } from "../storage/key.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { generationPrefix } from "./generation-keys.ts";
import type { GenerationManifest } from "./generation-manifest.ts";
import { damagedGeneration } from "./read-manifest.ts";

export interface FileProblem {
  key: string;
  problem: string;
}

/** Libuv reads on four threads; more files at a time would only wait for them. */
const readWidth = 4;

/**
 * Files that this process has read and found to be as they should, by what the disk knows them by: an appended
 * generation is for the most part files that its parent has shown to be whole. 150 bytes each.
 */
const verified = new WeakMap<ObjectStore, Map<string, string>>();
const verifiedMax = 20_000;

/**
 * Every file of a generation that is missing, or differs in size or checksum from its manifest. A file that this
 * process has verified before, and that has not been written since, is not read again unless `afresh`.
 */
export async function findFileProblems(options: {
  store: ObjectStore;
  manifest: GenerationManifest;
  afresh?: boolean | undefined;
  signal?: AbortSignal | undefined;
}): Promise<{ folder: string; problems: FileProblem[] }> {
  const { store, manifest, afresh, signal } = options;
  const known = afresh ? new Map<string, string>() : verifiedOf(store);
  const prefix = generationPrefix(manifest.index, manifest.generation);
  const folder = await store.materialize(prefix);
  const problems: FileProblem[] = [];
  await forEachBounded(manifest.files, readWidth, async (file) => {
    signal?.throwIfAborted();
    const key = `${prefix}/${file.path}`;
    assertKey(key);
    const problem = await fileProblem(path.join(folder, file.path), file, { known, signal });
    if (problem !== undefined) problems.push({ key, problem });
  });
  return { folder, problems: problems.sort((a, b) => (a.key < b.key ? -1 : 1)) };
}

/** The local folder of a generation whose files are all as its manifest says; else `corrupt`, `generation-damaged`. */
export async function verifyFiles(options: {
  store: ObjectStore;
  manifest: GenerationManifest;
  signal?: AbortSignal | undefined;
}): Promise<string> {
  const { folder, problems } = await findFileProblems(options);
  const [first] = problems;
  if (first !== undefined) throw damagedGeneration(first.key, first.problem);
  return folder;
}

function verifiedOf(store: ObjectStore): Map<string, string> {
  const known = verified.get(store) ?? new Map<string, string>();
  verified.set(store, known);
  if (known.size > verifiedMax) known.clear();
  return known;
}

async function fileProblem(
  file: string,
  expected: GenerationManifest["files"][number],
  { known, signal }: { known: Map<string, string>; signal: AbortSignal | undefined },
): Promise<string | undefined> {
  const found = await statFile(file);
  if (found === undefined) return "is missing";
  if (found.size !== expected.byteCount) return `has ${found.size} bytes instead of ${expected.byteCount}`;
  if (known.get(found.identity) === expected.checksum) return undefined;
  const checksum = await checksumFile(file, signal === undefined ? {} : { signal });
  if (checksum !== expected.checksum) return "does not match its checksum";
  known.set(found.identity, checksum);
  return undefined;
}

/** Another name for a file changes nothing of this; whatever is written into it changes its time. */
async function statFile(file: string): Promise<{ size: number; identity: string } | undefined> {
  try {
    const status = await stat(file, { bigint: true });
    if (!status.isFile()) return undefined;
    const { dev, ino, size, mtimeNs } = status;
    return { size: Number(size), identity: `${dev}:${ino}:${size}:${mtimeNs}` };
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}

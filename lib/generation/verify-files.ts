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

/** Every file of a generation that is missing, or differs in size or checksum from its manifest. */
export async function findFileProblems(options: {
  store: ObjectStore;
  manifest: GenerationManifest;
  signal?: AbortSignal | undefined;
}): Promise<{ folder: string; problems: FileProblem[] }> {
  const { store, manifest, signal } = options;
  const prefix = generationPrefix(manifest.index, manifest.generation);
  const folder = await store.materialize(prefix);
  const problems: FileProblem[] = [];
  await forEachBounded(manifest.files, readWidth, async (file) => {
    signal?.throwIfAborted();
    const key = `${prefix}/${file.path}`;
    assertKey(key);
    const problem = await fileProblem(path.join(folder, file.path), file, signal);
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

async function fileProblem(
  file: string,
  expected: GenerationManifest["files"][number],
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const size = await sizeOf(file);
  if (size === undefined) return "is missing";
  if (size !== expected.byteCount) return `has ${size} bytes instead of ${expected.byteCount}`;
  const checksum = await checksumFile(file, signal === undefined ? {} : { signal });
  return checksum === expected.checksum ? undefined : "does not match its checksum";
}

async function sizeOf(file: string): Promise<number | undefined> {
  try {
    const status = await stat(file);
    return status.isFile() ? status.size : undefined;
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}

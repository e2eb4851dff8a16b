import { type BigIntStats, statSync } from "node:fs";
import path from "node:path";
import { checksumFile } from "../storage/checksum.ts";
import { hasCode } from "../storage/error-code.ts";
import { forEachBounded } from "../storage/for-each-bounded.ts";
import { assertKey } from "../storage/key.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { generationPrefix } from "./generation-keys.ts";
import type { GenerationManifest } from "./generation-manifest.ts";
import { damagedGeneration } from "./read-manifest.ts";
import { rememberVerifiedFiles, type VerifiedFiles } from "./verified-files.ts";

export interface FileProblem {
  key: string;
  problem: string;
}

/** Libuv reads on four threads; more files at a time would only wait for them. */
const readWidth = 4;

interface VerifyFilesOptions {
  store: ObjectStore;
  manifest: GenerationManifest;
  /** Files that were read before are not read again while they are unchanged; by default those of this store. */
  verified?: VerifiedFiles | undefined;
  /** Reads every file again all the same. */
  afresh?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

/** An appended generation is for the most part files that its parent has shown to be whole. */
const byStore = new WeakMap<ObjectStore, VerifiedFiles>();

/** Every file of a generation that is missing, or differs in size or checksum from its manifest. */
export async function findFileProblems(
  options: VerifyFilesOptions,
): Promise<{ folder: string; problems: FileProblem[] }> {
  const { store, manifest, verified = verifiedOf(store), afresh, signal } = options;
  const known = afresh ? rememberVerifiedFiles() : verified;
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
export async function verifyFiles(options: VerifyFilesOptions): Promise<string> {
  const { folder, problems } = await findFileProblems(options);
  const [first] = problems;
  if (first !== undefined) throw damagedGeneration(first.key, first.problem);
  return folder;
}

function verifiedOf(store: ObjectStore): VerifiedFiles {
  const known = byStore.get(store) ?? rememberVerifiedFiles();
  byStore.set(store, known);
  return known;
}

async function fileProblem(
  file: string,
  expected: GenerationManifest["files"][number],
  { known, signal }: { known: VerifiedFiles; signal: AbortSignal | undefined },
): Promise<string | undefined> {
  const before = statusOf(file);
  if (before === undefined) return "is missing";
  if (Number(before.size) !== expected.byteCount) {
    return `has ${before.size} bytes instead of ${expected.byteCount}`;
  }
  if (known.knows(before, expected.checksum)) return undefined;
  const beganAtMs = Date.now();
  const checksum = await checksumFile(file, signal === undefined ? {} : { signal });
  if (checksum !== expected.checksum) return "does not match its checksum";
  const after = statusOf(file);
  if (after !== undefined) known.remember({ before, after, beganAtMs, checksum });
  return undefined;
}

/** In place: the kernel has it in 3 µs, and a rollback under load would wait for a turn of the event loop each time. */
function statusOf(file: string): BigIntStats | undefined {
  try {
    const status = statSync(file, { bigint: true });
    return status.isFile() ? status : undefined;
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}

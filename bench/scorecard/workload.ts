import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { hasCode } from "@lakefleet/lib/storage/error-code.ts";
import { generateVectors } from "../../examples/generate-vectors.ts";
import { findExact } from "./find-exact.ts";

/** How deep every search and the truth go. */
export const searchDepth = 10;

export interface WorkloadSize {
  count: number;
  dimension: number;
  queryCount: number;
  appendCount: number;
}

/** The vectors of one size, in files, so that no contender's memory holds another's input. */
export interface Workload extends WorkloadSize {
  folder: string;
  threads: number;
}

export const workloadFiles = {
  vectors: "vectors.f32",
  appended: "appended.f32",
  queries: "queries.f32",
  truth: "truth.json",
} as const;

/** Makes the files unless they are there. All rows come from the same clusters; queries are not among the vectors. */
export async function prepareWorkload(workload: Workload): Promise<void> {
  const { folder, count, dimension, queryCount, appendCount } = workload;
  if ((await readTruth(workload)) !== undefined) return;
  await mkdir(folder, { recursive: true });
  const rows = { vectors: count, queries: queryCount, appended: appendCount };
  const total = count + queryCount + appendCount;
  const all = new Float32Array(total * dimension);
  let offset = 0;
  for (const block of generateVectors({ seed: 1, count: total, dimension })) {
    all.set(block, offset);
    offset += block.length;
  }
  let from = 0;
  for (const [name, length] of Object.entries(rows) as [keyof typeof rows, number][]) {
    writeFloats(
      path.join(folder, workloadFiles[name]),
      all.subarray(from * dimension, (from + length) * dimension),
    );
    from += length;
  }
  const vectors = all.subarray(0, count * dimension);
  const truth = readQueries(workload).map((query) => findExact(vectors, query, searchDepth));
  await writeFile(path.join(folder, workloadFiles.truth), JSON.stringify(truth));
}

/** The rows nearest to each query, compared exactly in doubles; undefined before the workload is prepared. */
export async function readTruth({ folder }: Workload): Promise<number[][] | undefined> {
  try {
    return JSON.parse(await readFile(path.join(folder, workloadFiles.truth), "utf8")) as number[][];
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

export function readQueries({ folder, dimension }: Workload): Float32Array[] {
  const [all = new Float32Array()] = readBlocks(path.join(folder, workloadFiles.queries), dimension, 100_000);
  return Array.from({ length: all.length / dimension }, (_, row) =>
    all.slice(row * dimension, (row + 1) * dimension),
  );
}

/** A file of little-endian f32, `rowsMax` vectors at a time. */
export function* readBlocks(file: string, dimension: number, rowsMax = 10_000): Generator<Float32Array> {
  const descriptor = openSync(file, "r");
  try {
    for (;;) {
      const bytes = Buffer.alloc(rowsMax * dimension * 4);
      const length = readSync(descriptor, bytes);
      if (length === 0) return;
      yield new Float32Array(bytes.buffer, bytes.byteOffset, length / 4);
    }
  } finally {
    closeSync(descriptor);
  }
}

export function writeFloats(file: string, values: Float32Array, flag: "w" | "a" = "w"): void {
  const descriptor = openSync(file, flag);
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  for (let written = 0; written < bytes.length; ) {
    written += writeSync(descriptor, bytes, written, Math.min(bytes.length - written, 2 ** 28));
  }
  closeSync(descriptor);
}

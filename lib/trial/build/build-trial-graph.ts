import { rm, stat, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import path from "node:path";
import { generationPrefix } from "../../generation/generation-keys.ts";
import type { GenerationManifest } from "../../generation/generation-manifest.ts";
import { checksumFile } from "../../storage/checksum.ts";
import { failpoint } from "../../storage/failpoint.ts";
import type { LocalStore } from "../../storage/local-store.ts";
import { walkTree } from "../../storage/walk-tree.ts";
import { vectorFiles } from "../../vector/format/vector-files.ts";
import type { IndexParameters } from "../../vector/index-parameters.ts";
import type { StoredVectors } from "../../vector/vector-index.ts";
import { listTrialGraphs } from "../list-trial-graphs.ts";
import { runThread } from "../thread/run-thread.ts";
import type { ThreadAdvance } from "../thread/thread-protocol.ts";
import { type TrialGraph, trialGraphFile, trialGraphKey } from "../trial-graph.ts";
import { chosenVectors } from "./chosen-vectors.ts";
import type { GraphThreadAnswer, GraphThreadData } from "./graph-thread.ts";

export interface TrialGraphBuild {
  store: LocalStore;
  /** Of the generation whose vectors are built of. */
  manifest: GenerationManifest;
  parameters: IndexParameters;
  /** What the graph is to be known by. */
  facts: Pick<TrialGraph, "corpus" | "build" | "sampleShare" | "seed" | "dimension">;
  /** Those of the blocks' vectors that take part, ascending. */
  ordinals: Uint32Array;
  blocks: AsyncIterable<StoredVectors>;
  signal: AbortSignal;
  progress: (advance: ThreadAdvance) => void;
}

/**
 * Builds the files of a trial's index in a thread and publishes them to the bucket's cache in one step. A build that
 * dies leaves nothing but its scratch folder, which the tidying removes.
 */
export async function buildTrialGraph(build: TrialGraphBuild): Promise<TrialGraph> {
  const { store, manifest, parameters, facts, ordinals, blocks, signal, progress } = build;
  const folder = await store.scratch();
  try {
    const data: GraphThreadData = {
      folder,
      parameters,
      dimension: facts.dimension,
      vectorCount: ordinals.length,
      threads: availableParallelism(),
    };
    const { buildMs } = await runThread<GraphThreadAnswer>({
      program: new URL("./graph-thread.ts", import.meta.url),
      data,
      vectors: chosenVectors(blocks, ordinals, facts.dimension),
      onProgress: progress,
      signal,
    });
    const files = await describeFiles(folder, signal);
    await shareVectors(build, folder, files);
    const graph: TrialGraph = { schemaVersion: 1, ...facts, vectorCount: ordinals.length, buildMs, files };
    await writeFile(path.join(folder, trialGraphFile), `${JSON.stringify(graph)}\n`);
    failpoint("trial.before-publish");
    await store.publish(folder, trialGraphKey({ index: manifest.index, ...facts }));
    failpoint("trial.after-publish");
    return graph;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function describeFiles(folder: string, signal: AbortSignal): Promise<TrialGraph["files"]> {
  const files: TrialGraph["files"] = [];
  for (const file of (await walkTree(folder)).files) {
    const absolute = path.join(folder, file);
    const { size } = await stat(absolute);
    files.push({ path: file, byteCount: size, checksum: await checksumFile(absolute, { signal }) });
  }
  return files;
}

/** The vectors are most of a graph's bytes and the same for every graph over them: they stand on the disk once. */
async function shareVectors(
  { store, manifest }: TrialGraphBuild,
  folder: string,
  files: TrialGraph["files"],
): Promise<void> {
  const own = files.find((file) => file.path === vectorFiles.parquet);
  const key = own && (await findSameVectors(store, manifest, own));
  if (key === undefined) return;
  const target = path.join(folder, vectorFiles.parquet);
  await rm(target);
  await store.reuse(key, target);
}

/** The generation's own where everything takes part, else another graph's. */
async function findSameVectors(
  store: LocalStore,
  { index, generation, files }: GenerationManifest,
  own: TrialGraph["files"][number],
): Promise<string | undefined> {
  const served = files.find(
    ({ byteCount, checksum }) => byteCount === own.byteCount && checksum === own.checksum,
  );
  if (served !== undefined) return `${generationPrefix(index, generation)}/${served.path}`;
  for (const graph of (await listTrialGraphs(store)).filter((other) => other.index === index)) {
    const key = `${graph.key}/${vectorFiles.parquet}`;
    if ((await store.size(key)) !== own.byteCount) continue;
    if ((await checksumFile(path.join(store.root, key))) === own.checksum) return key;
  }
  return undefined;
}

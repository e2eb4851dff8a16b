import { link, rm, stat, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import path from "node:path";
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
  index: string;
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
  const { store, index, parameters, facts, ordinals, blocks, signal, progress } = build;
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
    await store.publish(folder, trialGraphKey({ index, ...facts }));
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
  { store, index }: TrialGraphBuild,
  folder: string,
  files: TrialGraph["files"],
): Promise<void> {
  const own = files.find((file) => file.path === vectorFiles.parquet);
  if (own === undefined) return;
  for (const graph of (await listTrialGraphs(store)).filter((other) => other.index === index)) {
    const other = path.join(store.root, graph.key, vectorFiles.parquet);
    if ((await store.size(`${graph.key}/${vectorFiles.parquet}`)) !== own.byteCount) continue;
    if ((await checksumFile(other)) !== own.checksum) continue;
    const target = path.join(folder, vectorFiles.parquet);
    await rm(target);
    await link(other, target);
    return;
  }
}

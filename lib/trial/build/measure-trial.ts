import { existsSync } from "node:fs";
import path from "node:path";
import { recallInterval } from "../../evaluation/metrics.ts";
import type { OpenGeneration } from "../../generation/read/open-generation.ts";
import type { QueryEmbedder } from "../../search/embed-query.ts";
import type { LocalStore } from "../../storage/local-store.ts";
import { vectorFiles } from "../../vector/format/vector-files.ts";
import type { IndexParameters } from "../../vector/index-parameters.ts";
import { buildKey } from "../configuration-key.ts";
import type { MeasureThreadAnswer, MeasureThreadData } from "../measure/measure-thread.ts";
import { sampleOrdinals } from "../sample-ordinals.ts";
import { summariseLatency } from "../summarise-latency.ts";
import { runThread } from "../thread/run-thread.ts";
import type { ThreadAdvance } from "../thread/thread-protocol.ts";
import { type TrialGraph, trialGraphKey } from "../trial-graph.ts";
import type { TrialRecord } from "../trial-record.ts";
import { buildTrialGraph } from "./build-trial-graph.ts";
import { evictTrialGraphs, type TrialCacheBounds } from "./evict-trial-graphs.ts";
import { findQueries } from "./find-queries.ts";
import { findTrialGraph } from "./find-trial-graph.ts";
import { findServingGraph, isServing, paceOf } from "./serving-pace.ts";
import { shareServingGraph } from "./share-serving-graph.ts";

export interface TrialResources {
  store: LocalStore;
  /** The folder of the lock files. */
  locks: string;
  bounds: TrialCacheBounds;
  embed: QueryEmbedder["embed"];
}

export interface Measurement extends TrialResources {
  opened: OpenGeneration;
  corpus: string;
  parameters: IndexParameters;
  sampleShare: number;
  seed: number;
  k: number;
  evalSet: string | undefined;
  signal: AbortSignal;
  progress: (advance: ThreadAdvance) => void;
}

type Measured = Pick<
  TrialRecord,
  | "evalSet"
  | "queryCount"
  | "recall"
  | "recallLow"
  | "recallHigh"
  | "p50Ms"
  | "p50LowMs"
  | "p50HighMs"
  | "servingP50Ms"
  | "p95Ms"
  | "p99Ms"
  | "buildMs"
  | "graphReused"
  | "memoryBytes"
  | "diskBytes"
  | "cpuMs"
>;

/** Finds or builds the configuration's graph and searches it. The caller holds the index's trial lock. */
export async function measureTrial(options: Measurement): Promise<Measured> {
  const { opened, sampleShare, seed, parameters, k, signal, progress, store } = options;
  const { manifest } = opened;
  const begin = process.cpuUsage();
  const ordinals = sampleOrdinals(manifest.vectorCount, sampleShare, seed);
  const { evalSet, queries } = await findQueries({ ...options, ordinals });
  const serving = await findServingGraph(options);
  const { graph, key, reused } = await findOrBuild(options, ordinals);
  const data: MeasureThreadData = {
    folder: path.join(store.root, key),
    parameters,
    // A cache of one graph has let go of it again.
    serving: serving && existsSync(serving.folder) ? serving : undefined,
    dimension: graph.dimension,
    vectorCount: graph.vectorCount,
    k,
    queries,
  };
  const { durations, servingDurations, recalls } = await runThread<MeasureThreadAnswer>({
    program: new URL("../measure/measure-thread.ts", import.meta.url),
    data,
    onProgress: progress,
    signal,
  });
  const { user, system } = process.cpuUsage(begin);
  const { recall, low, high } = recallInterval(recalls);
  return {
    evalSet,
    queryCount: queries.length,
    recall,
    recallLow: low,
    recallHigh: high,
    ...summariseLatency(Array.from(durations), queries.length),
    ...paceOf(isServing(options) ? durations : servingDurations, queries.length),
    buildMs: graph.buildMs,
    graphReused: reused,
    memoryBytes: memoryOf(parameters, graph.files),
    diskBytes: graph.files.reduce((sum, { byteCount }) => sum + byteCount, 0),
    cpuMs: (user + system) / 1_000,
  };
}

async function findOrBuild(
  options: Measurement,
  ordinals: Uint32Array,
): Promise<{ graph: TrialGraph; key: string; reused: boolean }> {
  const { store, opened, corpus, parameters, sampleShare, seed, signal, progress } = options;
  const { manifest } = opened;
  const { index, dimension } = manifest;
  const facts = { corpus, build: buildKey(parameters), sampleShare, seed, dimension };
  const key = trialGraphKey({ index, ...facts });
  const found = (await findTrialGraph(store, key)) ?? (await shareServingGraph({ store, manifest, facts }));
  if (found !== undefined) return { graph: found, key, reused: true };
  const blocks = opened.vectorBlocks({ signal });
  const graph = await buildTrialGraph({
    store,
    manifest,
    parameters,
    facts,
    ordinals,
    blocks,
    signal,
    progress,
  });
  await evictTrialGraphs({ ...options, index, kept: key });
  return { graph, key, reused: false };
}

/**
 * The bytes that searching keeps in memory: the graph's file, which is mapped or read whole, or Lance's index files,
 * which the engine caches. Stored vectors are read from the page cache as they are needed and count nowhere.
 */
function memoryOf(parameters: IndexParameters, files: TrialGraph["files"]): number {
  const isResident = (file: string) =>
    parameters.backend === "hnsw"
      ? file === vectorFiles.graph[parameters.engine]
      : file.split("/").includes("_indices");
  return files.reduce((sum, { path: file, byteCount }) => sum + (isResident(file) ? byteCount : 0), 0);
}

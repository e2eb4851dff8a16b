import { decodeProbes, probeFile } from "../generation/format/probe-vectors.ts";
import { generationPrefix } from "../generation/generation-keys.ts";
import type { OpenGeneration } from "../generation/read/open-generation.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { quantile } from "./quantile.ts";

export interface EffortMeasurement {
  queryCount: number;
  recall: number;
  p50Ms: number;
  p95Ms: number;
}

/** A timing of one call is noise; the median of five calls per query is steady to about a tenth. */
const rounds = 5;
/** Scores nearer than this are equal: duplicates of a text may come in any order. */
const tieWidth = 1e-5;

/** Searches for the generation's stored probes at one effort, and compares with the exact answers. */
export async function measureEffort(options: {
  store: ObjectStore;
  opened: OpenGeneration;
  effort: number;
  k: number;
  signal: AbortSignal;
  progress: (advance: { done: number; total: number; unit: string }) => void;
}): Promise<EffortMeasurement> {
  const { opened, effort, k, signal } = options;
  const { manifest, vectors } = opened;
  const stored = await options.store.get(
    `${generationPrefix(manifest.index, manifest.generation)}/${probeFile}`,
  );
  const probes = decodeProbes(stored, manifest.dimension);
  const durations: number[] = [];
  let reached = 0;
  let wanted = 0;
  const total = probes.ordinals.length;
  for (let probe = 0; probe < total; probe++) {
    signal.throwIfAborted();
    const query = probes.vectors.slice(probe * manifest.dimension, (probe + 1) * manifest.dimension);
    const truth = (await vectors.exact(query, { k, signal })).scores;
    let scores = new Float32Array();
    for (let round = 0; round < rounds; round++) {
      const begin = performance.now();
      scores = Float32Array.from((await vectors.search(query, { k, effort, signal })).scores);
      durations.push(performance.now() - begin);
    }
    const threshold = (truth.at(-1) ?? 0) - tieWidth;
    reached += scores.filter((score) => score >= threshold).length;
    wanted += truth.length;
    options.progress({ done: probe + 1, total, unit: "queries" });
  }
  return {
    queryCount: total,
    recall: wanted === 0 ? 1 : Math.min(1, reached / wanted),
    p50Ms: quantile(durations, 0.5),
    p95Ms: quantile(durations, 0.95),
  };
}

import { z } from "zod";

/**
 * `cache/trials/<index>/<name>/trial-graph.json`, written last: what was built there, with the checksum of each file. A
 * cache of the bucket: everything in it can be built again.
 */
export const TrialGraph = z.strictObject({
  schemaVersion: z.literal(1),
  corpus: z.string(),
  build: z.string(),
  sampleShare: z.number(),
  seed: z.int(),
  vectorCount: z.int().positive(),
  dimension: z.int().positive(),
  buildMs: z.number(),
  files: z.array(z.strictObject({ path: z.string(), byteCount: z.int(), checksum: z.string() })),
});
export type TrialGraph = z.infer<typeof TrialGraph>;

export const trialGraphFile = "trial-graph.json";
export const trialCachePrefix = "cache/trials/";

/** Sixteen of a checksum's digits. */
const corpusDigits = 16;

/** The folder of one build in the bucket's cache. A seed makes no difference where everything takes part. */
export function trialGraphKey(graph: {
  index: string;
  corpus: string;
  build: string;
  sampleShare: number;
  seed: number;
}): string {
  const { index, corpus, build, sampleShare, seed } = graph;
  const digits = corpus.slice(corpus.indexOf(":") + 1).slice(0, corpusDigits);
  const sample = sampleShare === 1 ? "" : `-${sampleShare}-${seed}`;
  return `${trialCachePrefix}${index}/${digits}-${build}${sample}`;
}

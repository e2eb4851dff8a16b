import { mean } from "../../evaluation/metrics.ts";
import type { QualityPrediction } from "../migration-record.ts";
import type { SampledChunk } from "./embed-sample.ts";
import { differenceInterval, reciprocalRanks } from "./rank-sample.ts";
import type { SampleQuery } from "./sample-queries.ts";

type QueryVectors = readonly (Float32Array | undefined)[];

/**
 * How well the new model ranks the sample beside the one that serves: the same queries over the same chunks, those that
 * both have a vector of. Fewer documents are easier to rank than all are, for both alike, so the difference is what
 * carries over. Null where one of them cannot be asked, or there are not two queries.
 */
export async function predictQuality(options: {
  source: QualityPrediction["source"];
  queries: readonly SampleQuery[];
  chunks: readonly SampledChunk[];
  before: QueryVectors | undefined;
  after: { vectors: QueryVectors; queries: QueryVectors | undefined };
  seed: number;
  signal: AbortSignal;
}): Promise<QualityPrediction | null> {
  const { source, queries, chunks, before, after, seed, signal } = options;
  if (before === undefined || after.queries === undefined || queries.length < 2) return null;
  const pairs = chunks.flatMap(({ docId, before: old }, place) => {
    const now = after.vectors[place];
    return old === undefined || now === undefined ? [] : [{ docId, old, now }];
  });
  if (pairs.length === 0) return null;
  const docIds = pairs.map(({ docId }) => docId);
  const isRelevant = (docId: string, query: number) => queries[query]?.isRelevant(docId) === true;
  const ranksOf = (vectors: Float32Array[], asked: QueryVectors) =>
    reciprocalRanks({ ...joined(vectors), queries: asked }, { docIds, isRelevant }, signal);
  const ranks = {
    before: await ranksOf(
      pairs.map(({ old }) => old),
      before,
    ),
    after: await ranksOf(
      pairs.map(({ now }) => now),
      after.queries,
    ),
  };
  return {
    source,
    queries: queries.length,
    documents: new Set(docIds).size,
    before: mean(ranks.before),
    after: mean(ranks.after),
    difference: differenceInterval(ranks.before, ranks.after, seed),
  };
}

function joined(vectors: readonly Float32Array[]): { dimension: number; vectors: Float32Array } {
  const dimension = vectors[0]?.length ?? 0;
  const all = new Float32Array(vectors.length * dimension);
  for (const [place, vector] of vectors.entries()) all.set(vector, place * dimension);
  return { dimension, vectors: all };
}

import { rankDocuments, relevantDocuments } from "../evaluation/judged-ranking.ts";
import { hitAt, mean, reciprocalRank } from "../evaluation/metrics.ts";
import type { GateCheck } from "../generation/certificate.ts";
import type { GateThresholds } from "../generation/index-policy.ts";
import { recallDepth } from "../generation/measure-recall.ts";
import type { OpenGeneration } from "../generation/read/open-generation.ts";
import { rankChunks } from "../search/rank-chunks.ts";
import { isAtLeast } from "./gate-check.ts";
import type { JudgedQuery } from "./gate-queries.ts";

/** Chunks ranked for one query: among so many there are ten documents, unless they are long and much alike. */
const chunksRanked = 50;

export interface JudgedMeasure {
  /** Share of judged queries with a relevant document among the first ten. */
  hit: number | null;
  meanReciprocalRank: number | null;
  queryCount: number;
}

/** Ranks documents for every judged query as a search would, by words and vectors where it has both. */
export async function measureJudgements(
  opened: OpenGeneration,
  judged: readonly JudgedQuery[],
  signal: AbortSignal | undefined,
): Promise<JudgedMeasure> {
  const hits: number[] = [];
  const ranks: number[] = [];
  for (const query of judged) {
    signal?.throwIfAborted();
    const relevant = relevantDocuments(query);
    if (relevant.size === 0) continue;
    const { ordinals } = await rankChunks({
      generation: opened,
      mode: query.text === undefined ? "vector" : "hybrid",
      query: query.text,
      vector: query.searchVector,
      filter: undefined,
      k: chunksRanked,
      signal,
    });
    const docIds = opened.rows.fetch(ordinals).map((chunk) => chunk.doc_id);
    const ranking = rankDocuments(docIds, query);
    hits.push(hitAt(ranking, relevant, recallDepth));
    ranks.push(reciprocalRank(ranking, relevant));
  }
  const queryCount = hits.length;
  if (queryCount === 0) return { hit: null, meanReciprocalRank: null, queryCount };
  return { hit: mean(hits), meanReciprocalRank: mean(ranks), queryCount };
}

/** A limit on what cannot be measured fails: passing it over would promise what nobody has seen. */
export function checkJudgements(measure: JudgedMeasure, thresholds: GateThresholds): GateCheck[] {
  const { queryCount } = measure;
  const limits = [
    [`hit@${recallDepth}`, measure.hit, thresholds.hitMin],
    ["mean-reciprocal-rank", measure.meanReciprocalRank, thresholds.meanReciprocalRankMin],
  ] as const;
  return limits.flatMap(([name, measured, limit]): GateCheck[] => {
    if (measured !== null) return [isAtLeast(name, measured, limit, `${queryCount} judged queries`)];
    if (limit === undefined) return [];
    const detail = "the index's policy names no eval set with judgements";
    return [{ name, passed: false, measured: "not measured", threshold: limit, wanted: "at least", detail }];
  });
}

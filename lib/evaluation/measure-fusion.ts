import { setImmediate as nextTurn } from "node:timers/promises";
import type { OpenProvider } from "../embedding/open-provider.ts";
import { createRandom } from "../generation/format/seeded-random.ts";
import type { OpenGeneration } from "../generation/read/open-generation.ts";
import type { QueryEmbedder } from "../search/embed-query.ts";
import { type FusionRule, fuseScores, type Ranking } from "../search/fuse-scores.ts";
import { fusionDepth } from "../search/rank-chunks.ts";
import { chooseFusionWeight, type FusionChoice, type WeightScores } from "./choose-fusion-weight.ts";
import type { EvalQuery, EvalSet } from "./eval-set.ts";
import { canEmbed } from "./held-out-queries.ts";
import { rankDocuments, relevantDocuments } from "./judged-ranking.ts";
import { averagePrecision, mean } from "./metrics.ts";

export interface FusionMeasure extends FusionChoice {
  method: FusionRule["method"];
  /**
   * `judged`: mean average precision by the set's judgements. `known-item`: nothing is judged, so parts of documents are
   * the queries, and finding their own document is what counts; words that are quoted favour the lexical side.
   */
  measure: "judged" | "known-item";
  /** The mean score of each weight, ascending. */
  curve: { lexicalWeight: number; score: number }[];
  queryCount: number;
}

interface FusionOptions {
  opened: OpenGeneration;
  set: EvalSet;
  embed: QueryEmbedder["embed"];
  providers?: OpenProvider | undefined;
  /** Hits of a page; both lists reach as deep below it as when such a page is served. */
  k?: number;
  signal?: AbortSignal | undefined;
}

/** A page of the usual length. */
const pageLength = 10;
const coarseStep = 0.05;
const fineStep = 0.01;
/** More would take longer than the gate's other checks together. */
const queriesMax = 200;
const knownItemSeed = 11;

/** A query with both rankings, and what is relevant to it. */
interface FusedQuery {
  vector: Ranking;
  lexical: Ranking;
  score(fused: Ranking): number;
}

/** Finds the weight of words by which hybrid search ranks best, and keeps the index's own where nothing better is proven. */
export async function measureFusion(options: FusionOptions): Promise<FusionMeasure> {
  const { opened, set, providers, signal } = options;
  const { method, lexicalWeight: defaultWeight } = opened.manifest.fusion;
  const judged = set.queries.filter((query) => relevantDocuments(query).size > 0 && query.text !== undefined);
  const measure = judged.length > 0 ? "judged" : "known-item";
  const asked = judged.length > 0 ? judged : await knownItems(set.queries, opened, providers);
  const step = Math.max(1, Math.ceil(asked.length / queriesMax));
  const queries: FusedQuery[] = [];
  for (const query of asked.filter((_, place) => place % step === 0)) {
    signal?.throwIfAborted();
    const ranked = await rankBoth(query, options);
    if (ranked !== undefined) queries.push(ranked);
    await nextTurn();
  }
  const scoresBy = (lexicalWeight: number): WeightScores => ({
    lexicalWeight,
    scores: queries.map(({ vector, lexical, score }) =>
      score(fuseScores(vector, lexical, { method, lexicalWeight })),
    ),
  });
  const coarse = weightsAround(0.5, { reach: 0.5, step: coarseStep }).map(scoresBy);
  const peak = coarse.reduce((best, one) => (mean(one.scores) > mean(best.scores) ? one : best));
  const fine = weightsAround(peak.lexicalWeight, { reach: coarseStep, step: fineStep });
  const known = new Set(coarse.map(({ lexicalWeight }) => lexicalWeight));
  const rest = [...new Set([...fine, defaultWeight])].filter((weight) => !known.has(weight));
  const all = [...coarse, ...rest.map(scoresBy)].sort(
    (one, other) => one.lexicalWeight - other.lexicalWeight,
  );
  return {
    ...chooseFusionWeight(all, defaultWeight),
    method,
    measure,
    curve: all.map(({ lexicalWeight, scores }) => ({ lexicalWeight, score: mean(scores) })),
    queryCount: queries.length,
  };
}

/** Weights from 0 to 1, rounded so that one weight is one number however it was reached. */
function weightsAround(centre: number, { reach, step }: { reach: number; step: number }): number[] {
  const steps = Math.round(reach / step);
  return Array.from({ length: 2 * steps + 1 }, (_, place) =>
    Number((centre + (place - steps) * step).toFixed(2)),
  ).filter((weight) => weight >= 0 && weight <= 1);
}

/** Undefined where the embedder knows nothing of the query: no weight changes what such a search finds. */
async function rankBoth(
  query: EvalQuery,
  { opened, embed, k = pageLength, signal }: FusionOptions,
): Promise<FusedQuery | undefined> {
  const { manifest, vectors, lexical, rows } = opened;
  const { text = "" } = query;
  const vector = query.vector ?? (await embed(text, manifest));
  if (vector === undefined) return undefined;
  const depth = fusionDepth(k);
  const near = await vectors.search(vector, { k: depth, head: k, signal });
  const words = lexical.search(text, { k: depth });
  const ordinals = [...new Set([...near.ordinals, ...words.ordinals])];
  const docIds = new Map(rows.fetch(ordinals).map(({ doc_id }, place) => [ordinals[place]!, doc_id]));
  const relevant = relevantDocuments(query);
  return {
    vector: near,
    lexical: words,
    score(fused) {
      const ranking = Array.from(fused.ordinals, (ordinal) => docIds.get(ordinal) ?? "");
      return averagePrecision(rankDocuments(ranking, query), relevant);
    },
  };
}

/** A seeded part of each query's sentences, or of its words where there is one sentence, that is to find its document. */
async function knownItems(
  queries: readonly EvalQuery[],
  { manifest }: OpenGeneration,
  providers: OpenProvider | undefined,
): Promise<EvalQuery[]> {
  if (!(await canEmbed(manifest.embedderId, providers))) return [];
  const random = createRandom(knownItemSeed);
  return queries.flatMap(({ id, text, exclude }) => {
    if (text === undefined || exclude === undefined) return [];
    const sentences = text.split(/(?<=[.!?])\s+/u).filter((sentence) => sentence.trim() !== "");
    const parts = sentences.length > 1 ? sentences : text.split(/\s+/u);
    const length = Math.max(1, Math.floor(parts.length / 3));
    const from = Math.floor(random() * (parts.length - length + 1));
    const part = parts.slice(from, from + length).join(" ");
    return [{ id, text: part, judgements: { [exclude]: 1 } }];
  });
}

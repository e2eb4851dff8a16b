import type { OpenGeneration } from "../generation/read/open-generation.ts";
import type { RowFilter } from "../vector/vector-index.ts";
import { fuseScores, type Ranking } from "./fuse-scores.ts";
import type { SearchMode, SearchPlan } from "./search-contract.ts";

/** Both lists reach this far below the page, so that a hit that is middling in each can still come out on top. */
const fusionDepthMin = 100;
const fusionDepthFactor = 10;
/** A graph explores a candidate in about 10 µs, and no search may hold the event loop for longer than 50 ms. */
const fusionDepthMax = 1_000;

export interface RankedChunks extends Ranking {
  plan: SearchPlan;
  complete: boolean;
}

export interface RankOrder {
  generation: OpenGeneration;
  mode: SearchMode;
  query: string | undefined;
  /** Absent with `lexical`, and where the query has no feature that the embedder knows. */
  vector: Float32Array | undefined;
  filter: RowFilter | undefined;
  k: number;
  signal: AbortSignal | undefined;
}

/** The `k` best chunks by one measure or by both. */
export async function rankChunks(order: RankOrder): Promise<RankedChunks> {
  const allowed = order.filter?.matchCount ?? order.generation.manifest.vectorCount;
  if (allowed === 0) {
    const reason =
      order.filter === undefined ? "The generation holds no chunk." : "No chunk matches the filter.";
    return nothing(reason);
  }
  if (order.mode === "lexical") return rankByWords(order);
  if (order.mode === "hybrid") return rankByBoth(order, allowed);
  return order.vector === undefined
    ? nothing("The query has no feature that the embedder knows.")
    : rankByVector(order, order.vector, allowed);
}

async function rankByVector(order: RankOrder, vector: Float32Array, allowed: number): Promise<RankedChunks> {
  const { generation, filter, k, signal } = order;
  const hits = await generation.vectors.search(vector, { k, filter, signal });
  return {
    ordinals: hits.ordinals,
    scores: hits.scores,
    plan: hits.exact
      ? { path: "exact", reason: `All ${allowed} chunks that may match were compared.` }
      : { path: "graph", reason: `Comparing all ${allowed} chunks that may match would take longer.` },
    complete: hits.exact || hits.ordinals.length >= Math.min(k, allowed),
  };
}

function rankByWords({ generation, query = "", filter, k }: RankOrder): RankedChunks {
  const { ordinals, scores } = generation.lexical.search(query, { k, filter });
  return { ordinals, scores, plan: { path: "lexical", reason: "Ranked by words alone." }, complete: true };
}

async function rankByBoth(order: RankOrder, allowed: number): Promise<RankedChunks> {
  const { generation, vector, k } = order;
  const depth = Math.max(k, Math.min(fusionDepthMax, Math.max(fusionDepthMin, fusionDepthFactor * k)));
  const words = rankByWords({ ...order, k: depth });
  if (vector === undefined) {
    const reason = "The query has no feature that the embedder knows, so words alone rank.";
    return { ...firstOf(words, k), plan: { path: "lexical", reason }, complete: true };
  }
  const near = await rankByVector({ ...order, k: depth }, vector, allowed);
  const { fusion } = generation.manifest;
  const fused = firstOf(fuseScores(near, words, fusion), k);
  const how = fusion.method === "rrf" ? "reciprocal ranks" : "scaled scores";
  return {
    ...fused,
    plan: {
      path: "hybrid",
      reason: `The ${depth} best of each, by ${how} with weight ${fusion.lexicalWeight} on words; vectors by ${near.plan.path}.`,
    },
    complete: near.complete || fused.ordinals.length >= k,
  };
}

function firstOf({ ordinals, scores }: Ranking, count: number): Ranking {
  return { ordinals: ordinals.subarray(0, count), scores: scores.subarray(0, count) };
}

/** Nothing could match, which is a complete answer. */
function nothing(reason: string): RankedChunks {
  return {
    ordinals: new Uint32Array(),
    scores: new Float32Array(),
    plan: { path: "none", reason },
    complete: true,
  };
}

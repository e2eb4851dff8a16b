import type { OpenGeneration } from "../generation/read/open-generation.ts";
import type { RowFilter, VectorPlan } from "../vector/vector-index.ts";
import { fuseScores, type Ranking } from "./fuse-scores.ts";
import type { SearchMode, SearchPlan } from "./search-contract.ts";

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
  vector?: Float32Array | undefined;
  /** Why a query that may have features has no vector now. */
  failure?: string | undefined;
  filter: RowFilter | undefined;
  k: number;
  /** No further try of the vectors that is expected to take longer than this. */
  msMax?: number | undefined;
  signal: AbortSignal | undefined;
}

interface RankedByVector extends RankedChunks {
  plan: SearchPlan & { path: "exact" | "graph" | "ivf" | "none" };
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
    : rankByVector(order, order.vector, { allowed, head: order.k });
}

async function rankByVector(
  { generation, filter, k, msMax, signal }: RankOrder,
  vector: Float32Array,
  { allowed, head }: { allowed: number; head: number },
): Promise<RankedByVector> {
  const hits = await generation.vectors.search(vector, { k, head, filter, msMax, signal });
  const { ordinals, scores, exact } = hits;
  const outcome = outcomeOf({
    found: ordinals.length,
    wanted: k,
    allCompared: exact || ordinals.length >= allowed,
  });
  const { path, reason, expectedMs } = hits.plan ?? unplanned(exact, allowed);
  return {
    ordinals,
    scores,
    plan: {
      path,
      reason,
      expected_ms: expectedMs === undefined ? undefined : roundedMs(expectedMs),
      outcome,
    },
    complete: outcome !== "gave-up",
  };
}

/** What is known of an index that does not say how it searched. */
function unplanned(
  exact: boolean,
  allowed: number,
): Pick<VectorPlan, "path" | "reason"> & Partial<VectorPlan> {
  return exact
    ? { path: "exact", reason: `All ${allowed} chunks that may match were compared.` }
    : { path: "graph", reason: `Comparing all ${allowed} chunks that may match would take longer.` };
}

function outcomeOf(facts: { found: number; wanted: number; allCompared: boolean }): SearchPlan["outcome"] {
  if (facts.found >= facts.wanted) return "complete";
  return facts.allCompared ? "fewer-match" : "gave-up";
}

/** Every chunk that has a word of the query is scored, so fewer than `k` are all there are. */
function rankByWords({ generation, query = "", filter, k }: RankOrder): RankedChunks {
  const { ordinals, scores } = generation.lexical.search(query, { k, filter });
  const outcome = outcomeOf({ found: ordinals.length, wanted: k, allCompared: true });
  return {
    ordinals,
    scores,
    plan: { path: "lexical", reason: "Ranked by words alone.", outcome },
    complete: true,
  };
}

async function rankByBoth(order: RankOrder, allowed: number): Promise<RankedChunks> {
  const { vector, k } = order;
  const depth = fusionDepth(k);
  if (vector === undefined) return rankWithoutVector(order);
  const words = rankByWords({ ...order, k: depth });
  // What stands far below the page only fills up the fusion, and need not be searched for as surely.
  const near = await rankByVector({ ...order, k: depth }, vector, { allowed, head: k });
  const { certificate, manifest } = order.generation;
  const fusion = certificate?.fusion ?? manifest.fusion;
  const fused = fuseScores(near, words, fusion);
  const how = fusion.method === "rrf" ? "reciprocal ranks" : "scaled scores";
  const outcome = outcomeOf({ found: fused.ordinals.length, wanted: k, allCompared: near.complete });
  const { path, reason, expected_ms } = near.plan;
  return firstOf(
    {
      ...fused,
      plan: {
        path: "hybrid",
        reason: `The ${depth} best of each, by ${how} with weight ${fusion.lexicalWeight} on words; vectors by ${path}: ${reason}`,
        expected_ms,
        outcome,
      },
      complete: outcome !== "gave-up",
    },
    k,
  );
}

function rankWithoutVector(order: RankOrder): RankedChunks {
  const alone = rankByWords(order);
  if (order.failure === undefined) {
    const reason = "The query has no feature that the embedder knows, so words alone rank.";
    return { ...alone, plan: { ...alone.plan, reason } };
  }
  const reason = `Words alone rank, for the query's vector cannot be had now: ${order.failure}`;
  return { ...alone, plan: { ...alone.plan, reason, outcome: "gave-up" }, complete: false };
}

/** Both lists reach this far below the page, so that a hit that is middling in each can still come out on top. */
export function fusionDepth(k: number): number {
  return Math.max(k, Math.min(fusionDepthMax, Math.max(fusionDepthMin, fusionDepthFactor * k)));
}

function firstOf(ranked: RankedChunks, count: number): RankedChunks {
  const { ordinals, scores } = ranked;
  return { ...ranked, ordinals: ordinals.subarray(0, count), scores: scores.subarray(0, count) };
}

function roundedMs(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}

/** Nothing could match, which is a complete answer. */
function nothing(reason: string): RankedChunks {
  return {
    ordinals: new Uint32Array(),
    scores: new Float32Array(),
    plan: { path: "none", reason, outcome: "fewer-match" },
    complete: true,
  };
}

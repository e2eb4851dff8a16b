import { z } from "zod";
import { VectorValues } from "./vector-values.ts";

/** The ranking's depth: fusing deeper lists costs more than any reader of a thousandth hit gains. */
const hitsMax = 1_000;

export const SearchMode = z.enum(["vector", "lexical", "hybrid"]);
export type SearchMode = z.infer<typeof SearchMode>;

/** The body of `POST /vectors/search`. Needs `query`, `vector`, or both. */
export const SearchRequest = z.strictObject({
  index: z.string().min(1).max(100),
  /** Longer queries than this are documents; the embedder would cut them anyway. */
  query: z.string().max(10_000).optional(),
  /** Of the index's dimension; any length but zero. */
  vector: VectorValues.optional(),
  /** The ranking's depth. */
  k: z.int().min(1).max(hitsMax).default(10),
  /** Default: hybrid with a query, vector without. */
  mode: SearchMode.optional(),
  /** `{column: value}`, `{column: {eq|ne|gt|gte|lt|lte|in|like: …}}`, `{or: […]}`, `{and: […]}`, `{not: …}`. */
  filter: z.record(z.string(), z.unknown()).optional(),
  /** Answer from this generation, active or not. */
  generation: z.string().min(1).max(100).optional(),
  /** Answer from this snapshot: `current`, `previous` or `@` and an activation's number; not beside `generation`. */
  snapshot: z.string().min(1).max(100).optional(),
  /** Hits below it are left out: a cosine, a BM25 score or a fused score, by the plan's path. */
  min_score: z.number().optional(),
  /** `offset` and `limit` cut a page out of the `k` best, so pages of one `k` neither overlap nor skip. */
  offset: z
    .int()
    .min(0)
    .max(hitsMax - 1)
    .default(0),
  limit: z.int().min(1).max(hitsMax).optional(),
  /** The cheapest search is always made; nothing more is tried that is expected to take longer than this. */
  max_ms: z.number().min(0).max(60_000).optional(),
});
export type SearchRequest = z.input<typeof SearchRequest>;

export const SearchHit = z.object({
  id: z.string(),
  doc_id: z.string(),
  chunk_index: z.int(),
  score: z.number(),
  text: z.string(),
  metadata: z.record(z.string(), z.unknown()),
});
export type SearchHit = z.infer<typeof SearchHit>;

export const SearchPlan = z.object({
  /** `graph` and `ivf` explore a part of the index, `exact` compares all that may match, `none` had nothing to compare. */
  path: z.enum(["exact", "graph", "ivf", "lexical", "hybrid", "none"]),
  /** Why this path, in a sentence. */
  reason: z.string(),
  /** What the vectors' part was expected to take, from what was measured when the generation was built. */
  expected_ms: z.number().optional(),
  /** `complete`: k hits. `fewer-match`: fewer, and no more match. `gave-up`: more or better ones may match. */
  outcome: z.enum(["complete", "fewer-match", "gave-up"]),
});
export type SearchPlan = z.infer<typeof SearchPlan>;

export const SearchAnswer = z.object({
  index: z.string(),
  generation: z.string(),
  /** What stands behind the generation: its certificate, or the word of somebody who forced it. */
  info: z.object({ certificate: z.string().nullable(), forced: z.boolean() }),
  /** Of a search that named a snapshot: its name for ever, and the rows that belong to it. */
  snapshot: z.object({ name: z.string(), dataset: z.string(), dataset_version: z.int() }).optional(),
  mode: SearchMode,
  plan: SearchPlan,
  /**
   * False where the engine stopped before it had k hits although more may match, and where words alone ranked because
   * the query's vector was not to be had; the plan says which.
   */
  complete: z.boolean(),
  took_ms: z.number(),
  hits: z.array(SearchHit),
});
export type SearchAnswer = z.infer<typeof SearchAnswer>;

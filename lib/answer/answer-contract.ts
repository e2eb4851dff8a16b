import { z } from "zod";
import { SearchMode, SearchPlan, SearchRequest } from "../search/search-contract.ts";

/** A longer list of chunks fits into no prompt, and a reranker reads each of them. */
const chunksMax = 100;

const ModelId = z.string().min(1).max(200);

/** The body of `POST /vectors/rag`. */
export const QuestionRequest = SearchRequest.pick({
  index: true,
  mode: true,
  filter: true,
  generation: true,
  snapshot: true,
  min_score: true,
}).extend({
  question: z.string().trim().min(1).max(4_000),
  /** Chunks that are searched for; those that fit into the prompt are read. */
  k: z.int().min(1).max(chunksMax).default(8),
  generator: ModelId,
  /** Puts the chunks into its own order before the best go into the prompt. */
  reranker: ModelId.optional(),
  stream: z.boolean().default(false),
});
export type QuestionRequest = z.output<typeof QuestionRequest>;

const Citation = z.object({
  number: z.int(),
  id: z.string(),
  doc_id: z.string(),
  chunk_index: z.int(),
  text: z.string(),
});

export const QuestionAnswer = z.object({
  index: z.string(),
  generation: z.string(),
  mode: SearchMode,
  plan: SearchPlan,
  /** Null where it is declined. */
  answer: z.string().nullable(),
  declined: z.boolean(),
  reason: z.enum(["no-hits", "not-in-context", "no-citation"]).nullable(),
  /** What the answer cites, by the numbers in it. */
  citations: z.array(Citation),
  /** Numbers that the model cited although no source has them; they are removed from the answer. */
  unknown_citations: z.array(z.int()),
  /** False where the answer was cut off at the generator's limit. */
  complete: z.boolean(),
  /** False where better chunks may not have been found; the plan says why. */
  search_complete: z.boolean(),
  usage: z.object({
    /** Chunks that stood in the prompt, and those for which it had no room. */
    chunks_read: z.int(),
    chunks_left_out: z.int(),
    /** Null where the server does not count, or was not asked. */
    prompt_tokens: z.int().nullable(),
    output_tokens: z.int().nullable(),
    cost_usd: z.number(),
  }),
});
export type QuestionAnswer = z.infer<typeof QuestionAnswer>;

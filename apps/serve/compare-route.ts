import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { DomainError } from "@lakefleet/lib/errors/domain-error.ts";
import { readEvalSet } from "@lakefleet/lib/evaluation/eval-set-log.ts";
import { mean, reciprocalRank } from "@lakefleet/lib/evaluation/metrics.ts";
import { answers, jsonBody } from "@lakefleet/lib/http/answers.ts";
import { resolveSides } from "@lakefleet/lib/migration/resolve-side.ts";
import { differenceInterval } from "@lakefleet/lib/migration/sample/rank-sample.ts";
import { judgedQueries, type SampleQuery } from "@lakefleet/lib/migration/sample/sample-queries.ts";
import { compareHits, distance, type HitDifference } from "@lakefleet/lib/search/compare-hits.ts";
import { SearchAnswer, SearchMode, SearchRequest } from "@lakefleet/lib/search/search-contract.ts";
import { EvalSetName, IndexName } from "@lakefleet/queues/names.ts";
import type { ServeDependencies } from "./dependencies.ts";
import { IntervalSchema } from "./interval-schema.ts";

/** Two searches for each, one after the other: a few seconds at most. */
const queriesMax = 100;
/** Chooses among more judged queries than are asked, and resamples them; any number does, the same each time. */
const seed = 1;
const Query = z.string().min(1).max(10_000);
const SideName = z.string().min(1).max(200).openapi({ description: "A generation, or an embedder's id" });

const CompareRequest = z
  .strictObject({
    index: IndexName,
    query: Query.optional(),
    queries: z.array(Query).min(1).max(queriesMax).optional(),
    eval_set: EvalSetName.optional().openapi({
      description: "Its judged queries, up to a hundred: then the summary says which side ranks better",
    }),
    a: SideName.optional(),
    b: SideName.optional(),
    k: SearchRequest.shape.k,
    /** Words rank alike on both sides, so vectors alone show most of a difference. */
    mode: SearchMode.default("vector"),
    filter: SearchRequest.shape.filter,
  })
  .refine(
    ({ query, queries, eval_set }) =>
      [query, queries, eval_set].filter((given) => given !== undefined).length === 1,
    { path: ["query"], message: "give one of query, queries and eval_set" },
  )
  .openapi("CompareRequest");

const Side = z.object({ generation: z.string(), embedder: z.string() });
const Ranked = z.object({ id: z.string(), doc_id: z.string(), rank: z.int() });

const Comparison = z
  .object({
    query: z.string(),
    overlap: z.number().openapi({ description: "Share of the longer answer's hits that both have" }),
    identical: z.boolean(),
    same_first: z.boolean(),
    moved: z.array(z.object({ id: z.string(), doc_id: z.string(), rank_a: z.int(), rank_b: z.int() })),
    only_in_a: z.array(Ranked),
    only_in_b: z.array(Ranked),
    answer_a: SearchAnswer.optional().openapi({ description: "With one query only" }),
    answer_b: SearchAnswer.optional(),
  })
  .openapi("Comparison");

const compare = createRoute({
  method: "post",
  path: "/vectors/ab",
  tags: ["search"],
  summary: "Ask two generations of an index, or two of its models, the same, and tell how the answers differ",
  request: { body: jsonBody(CompareRequest) },
  responses: answers(
    200,
    z.object({
      index: z.string(),
      a: Side,
      b: Side,
      k: z.int(),
      summary: z.object({
        queries: z.int(),
        overlap: z.number(),
        identical: z.int(),
        same_first: z.int(),
        rank_moves: z.number().openapi({ description: "Ranks that a hit of both moves, on average" }),
        took_ms_a: z.number(),
        took_ms_b: z.number(),
        mean_reciprocal_rank: z
          .object({ a: z.number(), b: z.number(), difference: IntervalSchema })
          .nullable()
          .openapi({ description: "Of judged queries, among the first k; the difference of the same ones" }),
      }),
      comparisons: z.array(Comparison),
    }),
    "Each query's differences, and all of them together",
  ),
});

interface Asked {
  query: SampleQuery | { text: string };
  difference: HitDifference;
  a: z.infer<typeof SearchAnswer>;
  b: z.infer<typeof SearchAnswer>;
}

export function mountCompareRoute(app: OpenAPIHono, { store, search }: ServeDependencies): void {
  app.openapi(compare, async (context) => {
    const { query, queries, eval_set, a: nameA, b: nameB, ...request } = context.req.valid("json");
    const { index, k } = request;
    const wanted = eval_set === undefined ? textsOf(query, queries) : await judgedOf(store, eval_set);
    const sides = await resolveSides(store, { index, a: nameA, b: nameB });
    const asked: Asked[] = [];
    for (const each of wanted) {
      const a = await search.search({ ...request, query: each.text, generation: sides.a.generation });
      const b = await search.search({ ...request, query: each.text, generation: sides.b.generation });
      asked.push({ query: each, difference: compareHits(a.hits, b.hits), a, b });
    }
    const comparisons = asked.map(({ query: { text }, difference, a, b }) => ({
      query: text,
      ...difference,
      ...(query === undefined ? {} : { answer_a: a, answer_b: b }),
    }));
    return context.json({ index, ...sides, k, summary: summarise(asked), comparisons }, 200);
  });
}

function textsOf(query: string | undefined, queries: readonly string[] = [query ?? ""]): { text: string }[] {
  return queries.map((text) => ({ text }));
}

async function judgedOf(store: ServeDependencies["store"], name: string): Promise<SampleQuery[]> {
  const { set } = await readEvalSet(store, name);
  const judged = judgedQueries(set, seed).slice(0, queriesMax);
  if (judged.length > 0) return judged;
  throw new DomainError({
    kind: "invalid",
    type: "eval-unjudged",
    field: "eval_set",
    message: `No query of the eval set ${name} has a text and a document that answers it.`,
    remedy: "Give queries, or an eval set with judgements.",
  });
}

/** Null where nobody has said what a right answer is. */
function rankBoth(asked: readonly Asked[]) {
  const ranks = (side: "a" | "b") =>
    asked.flatMap(({ query, [side]: { hits } }) => {
      if (!("isRelevant" in query)) return [];
      const docIds = [...new Set(hits.map(({ doc_id }) => doc_id))];
      return [reciprocalRank(docIds, new Set(docIds.filter(query.isRelevant)))];
    });
  const [a, b] = [ranks("a"), ranks("b")];
  return a.length === 0 ? null : { a: mean(a), b: mean(b), difference: differenceInterval(a, b, seed) };
}

function summarise(asked: readonly Asked[]) {
  const differences = asked.map(({ difference }) => difference);
  const moves = differences.flatMap(({ moved }) => moved.map(distance));
  const common = asked.reduce(
    (sum, { a, difference }) => sum + a.hits.length - difference.only_in_a.length,
    0,
  );
  const rounded = (value: number) => Math.round(value * 1e6) / 1e6;
  return {
    queries: asked.length,
    overlap: rounded(mean(differences.map(({ overlap }) => overlap))),
    identical: differences.filter(({ identical }) => identical).length,
    same_first: differences.filter(({ same_first }) => same_first).length,
    rank_moves: common === 0 ? 0 : rounded(moves.reduce((sum, move) => sum + move, 0) / common),
    took_ms_a: rounded(mean(asked.map(({ a }) => a.took_ms))),
    took_ms_b: rounded(mean(asked.map(({ b }) => b.took_ms))),
    mean_reciprocal_rank: rankBoth(asked),
  };
}

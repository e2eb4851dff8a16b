import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { OpenProvider } from "@lakefleet/lib/embedding/open-provider.ts";
import { autogenEvalSet } from "@lakefleet/lib/evaluation/autogen-eval-set.ts";
import { describeEvalSet, EvalSetSummary } from "@lakefleet/lib/evaluation/describe-eval-set.ts";
import type { EvalSet } from "@lakefleet/lib/evaluation/eval-set.ts";
import { commitEvalSet } from "@lakefleet/lib/evaluation/eval-set-log.ts";
import { JsonQueries, jsonQueries } from "@lakefleet/lib/evaluation/json-queries.ts";
import { trecQueries } from "@lakefleet/lib/evaluation/trec-queries.ts";
import { answers, jsonBody } from "@lakefleet/lib/http/answers.ts";
import { EvalSetName, IndexName } from "@lakefleet/queues/names.ts";
import type { ApiDependencies } from "./dependencies.ts";

/** Two hundred give recall to about a hundredth; ten times as many to a third of that. */
const heldOutDefault = 200;
const heldOutMax = 2_000;

const Committed = EvalSetSummary.extend({ reused: z.boolean() }).openapi("EvalSetCommitted");

const create = createRoute({
  method: "post",
  path: "/vectors/hnsw/evals",
  tags: ["trials"],
  summary: "Make an eval set, or its next version, of queries or of a TREC collection",
  request: {
    body: jsonBody(
      z
        .strictObject({
          name: EvalSetName,
          queries: JsonQueries.optional(),
          topics: z.string().optional().openapi({ description: "The text of a file of TREC topics" }),
          judgements: z.string().optional().openapi({ description: "The text of a file of TREC judgements" }),
        })
        .refine((body) => (body.queries === undefined) !== (body.topics === undefined), {
          path: ["queries"],
          message: "give either queries or topics",
        })
        .refine((body) => body.judgements === undefined || body.topics !== undefined, {
          path: ["judgements"],
          message: "belong to topics; a query of JSON has its own",
        })
        .openapi("EvalSetRequest"),
    ),
  },
  responses: answers(200, Committed, "The set; `reused` where it was there already"),
});

const autogen = createRoute({
  method: "post",
  path: "/vectors/hnsw/evals/{name}/autogen",
  tags: ["trials"],
  summary: "Make an eval set of an index's own chunks, each without its own document",
  request: {
    params: z.object({ name: EvalSetName }),
    body: jsonBody(
      z
        .strictObject({
          index: IndexName,
          queries: z.int().min(1).max(heldOutMax).default(heldOutDefault),
          seed: z.int().min(0).max(0xffffffff).default(1),
          strata: z
            .string()
            .min(1)
            .max(1_000)
            .optional()
            .openapi({ description: "A metadata column over whose values the queries are spread" }),
        })
        .openapi("EvalSetAutogen"),
    ),
  },
  responses: answers(200, Committed, "The set; `reused` where it was there already"),
});

export function mountEvalRoutes(
  app: OpenAPIHono,
  { store, embedders }: Pick<ApiDependencies, "store" | "embedders">,
): void {
  app.openapi(create, async (context) => {
    const { name, queries, topics = "", judgements } = context.req.valid("json");
    const set: EvalSet = {
      schemaVersion: 1,
      name,
      source: { kind: queries === undefined ? "trec" : "json" },
      queries: queries === undefined ? trecQueries({ topics, judgements }) : jsonQueries(queries),
    };
    const made = await commitEvalSet(store, set);
    return context.json({ ...describeEvalSet(made), reused: made.reused }, 200);
  });
  app.openapi(autogen, async (context) => {
    const { name } = context.req.valid("param");
    const { index, queries: count, seed, strata } = context.req.valid("json");
    const { signal } = context.req.raw;
    const providers: OpenProvider = (embedderId) => embedders.open(embedderId, { threads: 0 });
    const made = await autogenEvalSet({ store, name, index, count, seed, strata, providers, signal });
    return context.json({ ...describeEvalSet(made), reused: made.reused }, 200);
  });
}

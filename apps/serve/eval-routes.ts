import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { DomainError } from "@lakefleet/lib/errors/domain-error.ts";
import { describeEvalSet, EvalSetSummary } from "@lakefleet/lib/evaluation/describe-eval-set.ts";
import { QueryFields } from "@lakefleet/lib/evaluation/eval-set.ts";
import { listEvalSets, readEvalSet } from "@lakefleet/lib/evaluation/eval-set-log.ts";
import { answers } from "@lakefleet/lib/http/answers.ts";
import { EvalSetName } from "@lakefleet/queues/names.ts";
import type { ServeDependencies } from "./dependencies.ts";

const list = createRoute({
  method: "get",
  path: "/vectors/hnsw/evals",
  tags: ["trials"],
  summary: "Every eval set",
  responses: answers(
    200,
    z.object({
      evals: z.array(EvalSetSummary),
      damaged: z.array(z.object({ name: z.string(), type: z.string(), detail: z.string() })),
    }),
    "The sets, and those that are damaged",
  ),
});

const read = createRoute({
  method: "get",
  path: "/vectors/hnsw/evals/{name}",
  tags: ["trials"],
  summary: "One eval set with a page of its queries",
  request: {
    params: z.object({ name: EvalSetName }),
    query: z.object({
      limit: z.coerce.number().int().min(0).max(1_000).default(100),
      offset: z.coerce.number().int().min(0).default(0),
    }),
  },
  responses: answers(
    200,
    EvalSetSummary.extend({
      queries: z.array(QueryFields.extend({ dimension: z.int().optional() })),
    }).openapi("EvalSet"),
    "The set; a query that has a vector of its own shows its dimension",
  ),
});

export function mountEvalRoutes(app: OpenAPIHono, { store }: Pick<ServeDependencies, "store">): void {
  app.openapi(list, async (context) => {
    const evals: EvalSetSummary[] = [];
    const damaged = [];
    for (const name of await listEvalSets(store)) {
      try {
        evals.push(describeEvalSet(await readEvalSet(store, name)));
      } catch (error) {
        if (!(error instanceof DomainError)) throw error;
        damaged.push({ name, type: error.type, detail: error.message });
      }
    }
    return context.json({ evals, damaged }, 200);
  });
  app.openapi(read, async (context) => {
    const { limit, offset } = context.req.valid("query");
    const found = await readEvalSet(store, context.req.valid("param").name);
    const queries = found.set.queries.slice(offset, offset + limit).map(({ vector, ...query }) => ({
      ...query,
      ...(vector === undefined ? {} : { dimension: vector.length }),
    }));
    return context.json({ ...describeEvalSet(found), queries }, 200);
  });
}

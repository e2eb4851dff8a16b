import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { DomainError } from "@lakefleet/lib/errors/domain-error.ts";
import { type Problem, problemFrom } from "@lakefleet/lib/errors/problem.ts";
import { answers, jsonBody } from "@lakefleet/lib/http/answers.ts";
import { ProblemSchema } from "@lakefleet/lib/http/problem-schema.ts";
import { scopedBy } from "@lakefleet/lib/profile/scope/declare-scope.ts";
import { SearchAnswer, SearchRequest } from "@lakefleet/lib/search/search-contract.ts";
import { IndexName } from "@lakefleet/queues/names.ts";
import type { ServeDependencies } from "./dependencies.ts";

const search = createRoute({
  ...scopedBy({ indexes: ["json.index"] }),
  method: "post",
  path: "/vectors/search",
  tags: ["search"],
  summary: "Search an index by words, by vector, or by both",
  request: { body: jsonBody(SearchRequest) },
  responses: answers(
    200,
    SearchAnswer,
    "The hits, best first, with the generation and the plan that gave them",
  ),
});

const lanceSearch = createRoute({
  ...scopedBy({ indexes: ["param.index"] }),
  method: "post",
  path: "/vectors/lance/search/{index}",
  tags: ["lance"],
  summary: "Search an index of the lance backend; refused where the other backend answers for it",
  request: { params: z.object({ index: IndexName }), body: jsonBody(SearchRequest.omit({ index: true })) },
  responses: answers(200, SearchAnswer, "The hits, best first"),
});

/** As many as a page of a browser or a tool asks at once; more would wait for each other anyway. */
const batchMax = 100;

const batch = createRoute({
  ...scopedBy({ indexes: ["json.searches[].index"] }),
  method: "post",
  path: "/vectors/search/batch",
  tags: ["search"],
  summary: "Several searches in one request, of one index or of many; each succeeds or fails by itself",
  request: {
    body: jsonBody(
      z.strictObject({ searches: z.array(SearchRequest).min(1).max(batchMax) }).openapi("SearchBatch"),
    ),
  },
  responses: answers(
    200,
    z.object({ answers: z.array(z.union([SearchAnswer, z.object({ problem: ProblemSchema })])) }),
    "One answer or problem for each search, in their order",
  ),
});

export function mountSearchRoute(app: OpenAPIHono, { search: service }: ServeDependencies): void {
  app.openapi(search, async (context) => context.json(await service.search(context.req.valid("json")), 200));
  app.openapi(lanceSearch, async (context) => {
    const request = { ...context.req.valid("json"), index: context.req.valid("param").index };
    return context.json(await service.search(request, { backend: "lance" }), 200);
  });
  app.openapi(batch, async (context) => {
    const found: (z.infer<typeof SearchAnswer> | { problem: Problem })[] = [];
    // One after the other: a search has the machine's cores to itself, and other clients get their turn in between.
    for (const request of context.req.valid("json").searches) {
      found.push(await answerOf(() => service.search(request)));
    }
    return context.json({ answers: found }, 200);
  });
}

async function answerOf<Answer>(task: () => Promise<Answer>): Promise<Answer | { problem: Problem }> {
  try {
    return await task();
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return { problem: problemFrom(error) };
  }
}

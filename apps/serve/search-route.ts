import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import { answers, jsonBody } from "@lakefleet/lib/http/answers.ts";
import { SearchAnswer, SearchRequest } from "@lakefleet/lib/search/search-contract.ts";
import type { ServeDependencies } from "./dependencies.ts";

const search = createRoute({
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

export function mountSearchRoute(app: OpenAPIHono, { search: service }: ServeDependencies): void {
  app.openapi(search, async (context) => context.json(await service.search(context.req.valid("json")), 200));
}

import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { generationName } from "@lakefleet/lib/generation/generation-id.ts";
import { answers, jsonBody } from "@lakefleet/lib/http/answers.ts";
import { scopedBy } from "@lakefleet/lib/profile/scope/declare-scope.ts";
import { IndexName } from "@lakefleet/queues/names.ts";
import type { ServeDependencies } from "./dependencies.ts";

const warm = createRoute({
  ...scopedBy({ indexes: ["param.name"] }),
  method: "post",
  path: "/vectors/indexes/{name}/warm",
  tags: ["indexes"],
  summary: "Verify and open a generation before somebody searches it; the active one where none is named",
  request: {
    params: z.object({ name: IndexName }),
    body: jsonBody(
      z
        .strictObject({
          generation: z
            .string()
            .regex(generationName, "the name of a generation, such as g00000001-0123456789abcdef")
            .optional(),
        })
        .openapi("WarmRequest"),
    ),
  },
  responses: answers(
    200,
    z.object({ index: z.string(), generation: z.string(), took_ms: z.number() }),
    "What is open now",
  ),
});

export function mountWarmRoute(app: OpenAPIHono, { search }: ServeDependencies): void {
  app.openapi(warm, async (context) => {
    const index = context.req.valid("param").name;
    const begin = performance.now();
    const generation = await search.use(
      index,
      async ({ manifest }) => manifest.generation,
      context.req.valid("json").generation,
    );
    return context.json({ index, generation, took_ms: Math.round(performance.now() - begin) }, 200);
  });
}

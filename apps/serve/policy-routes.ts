import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { readDefinition } from "@lakefleet/lib/generation/definition-log.ts";
import { IndexPolicy, readPolicy } from "@lakefleet/lib/generation/index-policy.ts";
import { answers } from "@lakefleet/lib/http/answers.ts";
import { scopedBy } from "@lakefleet/lib/profile/scope/declare-scope.ts";
import { IndexName } from "@lakefleet/queues/names.ts";
import type { ServeDependencies } from "./dependencies.ts";

const read = createRoute({
  ...scopedBy({ indexes: ["param.name"] }),
  method: "get",
  path: "/vectors/indexes/{name}/policy",
  tags: ["indexes"],
  summary: "How the index's generations are judged and kept",
  request: { params: z.object({ name: IndexName }) },
  responses: answers(
    200,
    z.object({ index: z.string(), policy: IndexPolicy }).openapi("IndexPolicy"),
    "The policy, with the default where nothing was set",
  ),
});

export function mountPolicyRoutes(app: OpenAPIHono, { store }: ServeDependencies): void {
  app.openapi(read, async (context) => {
    const index = context.req.valid("param").name;
    await readDefinition(store, index);
    return context.json({ index, policy: await readPolicy(store, index) }, 200);
  });
}

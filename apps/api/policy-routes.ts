import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { readDefinition } from "@lakefleet/lib/generation/definition-log.ts";
import { IndexPolicy, policyLog } from "@lakefleet/lib/generation/index-policy.ts";
import { answers, jsonBody } from "@lakefleet/lib/http/answers.ts";
import { canonicalJson } from "@lakefleet/lib/storage/canonical-json.ts";
import { IndexName } from "@lakefleet/queues/names.ts";
import type { ApiDependencies } from "./dependencies.ts";

const replace = createRoute({
  method: "put",
  path: "/vectors/indexes/{name}/policy",
  tags: ["indexes"],
  summary: "Set how the index's generations are judged and kept; what is left out takes its default",
  request: {
    params: z.object({ name: IndexName }),
    body: jsonBody(IndexPolicy.omit({ schemaVersion: true }).openapi("IndexPolicyChange")),
  },
  responses: answers(200, z.object({ index: z.string(), policy: IndexPolicy }), "The policy"),
});

export function mountPolicyRoutes(app: OpenAPIHono, { store }: ApiDependencies): void {
  app.openapi(replace, async (context) => {
    const index = context.req.valid("param").name;
    const policy: IndexPolicy = { schemaVersion: 1, ...context.req.valid("json") };
    await readDefinition(store, index);
    await policyLog(store, index).commit((head) =>
      head !== undefined && canonicalJson(head.document) === canonicalJson(policy) ? undefined : policy,
    );
    return context.json({ index, policy }, 200);
  });
}

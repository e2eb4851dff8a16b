import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { DomainError } from "@lakefleet/lib/errors/domain-error.ts";
import { assertDefined } from "@lakefleet/lib/generation/definition-log.ts";
import { generationName } from "@lakefleet/lib/generation/generation-id.ts";
import { promoteGeneration } from "@lakefleet/lib/generation/promote-generation.ts";
import { rollbackGeneration } from "@lakefleet/lib/generation/rollback-generation.ts";
import { answers, jsonBody } from "@lakefleet/lib/http/answers.ts";
import { IndexName } from "@lakefleet/queues/names.ts";
import { assertAdmin } from "./assert-admin.ts";
import type { ApiDependencies } from "./dependencies.ts";

const IndexParameter = z.object({ name: IndexName });
const Generation = z
  .string()
  .regex(generationName, "the name of a generation, such as g00000001-0123456789abcdef");
const Reason = z.string().min(1).max(1_000);
const defaultReason = "requested over HTTP";
/** Who asks, in their own words; whoever sends the admin key is told apart from those who only say so. */
const Actor = z.string().min(1).max(200).default("http");
/** What the caller saw serving; a change since then is a conflict. */
const Expected = z.strictObject({
  activation: z.int().min(0).optional(),
  generation: Generation.nullable().optional(),
});

const Activation = z
  .object({
    index: z.string(),
    generation: z.string(),
    activation: z.int(),
    previous: z.string().nullable(),
    reused: z.boolean(),
    forced: z.boolean(),
    datasetVersion: z.int(),
    vectorCount: z.int(),
  })
  .openapi("Activation");

const promote = createRoute({
  method: "post",
  path: "/vectors/indexes/{name}/promote",
  tags: ["indexes"],
  summary: "Let a certified generation serve; with the admin key and a reason also one without a certificate",
  request: {
    params: IndexParameter,
    body: jsonBody(
      z
        .strictObject({
          generation: Generation,
          reason: Reason.optional(),
          actor: Actor,
          expected: Expected.optional(),
          force: z.boolean().default(false),
        })
        .openapi("PromoteRequest"),
    ),
  },
  responses: answers(200, Activation, "What serves now"),
});

const rollback = createRoute({
  method: "post",
  path: "/vectors/hnsw/rollback/{name}",
  tags: ["indexes"],
  summary: "Return to the previous generation, or to a named one, in milliseconds",
  request: {
    params: IndexParameter,
    body: jsonBody(
      z
        .strictObject({
          generation: Generation.optional(),
          reason: Reason.default(defaultReason),
          actor: Actor,
          expected: Expected.optional(),
        })
        .openapi("RollbackRequest"),
    ),
  },
  responses: answers(200, Activation, "What serves now"),
});

export function mountActivationRoutes(
  app: OpenAPIHono,
  { store, configuration, verified }: ApiDependencies,
): void {
  app.openapi(promote, async (context) => {
    const index = context.req.valid("param").name;
    const { reason, actor, force, ...body } = context.req.valid("json");
    if (force) {
      assertAdmin(context.req.header("authorization"), configuration.adminKey);
      if (reason === undefined) throw reasonMissing();
    }
    await assertDefined(store, index);
    const outcome = await promoteGeneration({
      store,
      index,
      ...body,
      reason: reason ?? defaultReason,
      actor: force ? `admin:${actor}` : actor,
      by: "person",
      force,
      verified,
    });
    return context.json({ index, ...outcome }, 200);
  });
  app.openapi(rollback, async (context) => {
    const index = context.req.valid("param").name;
    await assertDefined(store, index);
    const outcome = await rollbackGeneration({ store, index, ...context.req.valid("json"), verified });
    return context.json({ index, ...outcome }, 200);
  });
}

function reasonMissing(): DomainError {
  return new DomainError({
    kind: "invalid",
    type: "force-reason",
    field: "reason",
    message: "Letting a generation serve without a certificate takes a reason.",
    remedy: "Say why in reason; it is kept in the history.",
  });
}

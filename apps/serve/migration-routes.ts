import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { answers } from "@lakefleet/lib/http/answers.ts";
import {
  type Migration,
  MigrationState,
  type Prediction,
} from "@lakefleet/lib/migration/migration-record.ts";
import { listMigrations, readMigration } from "@lakefleet/lib/migration/read-migrations.ts";
import { IndexName, IntentId } from "@lakefleet/queues/names.ts";
import type { ServeDependencies } from "./dependencies.ts";
import { IntervalSchema } from "./interval-schema.ts";

const PredictionView = z
  .object({
    chunks: z.int(),
    to_embed: z.int().openapi({ description: "Different texts without a vector of the new model" }),
    sample: z.object({
      chunks: z.int(),
      strata: z.int(),
      embedded: z.int(),
      failed: z.int(),
      tokens: z.int(),
      cost_usd: z.number(),
      seconds: z.number(),
    }),
    tokens: IntervalSchema.nullable(),
    cost_usd: IntervalSchema.nullable(),
    seconds: IntervalSchema.nullable(),
    quality: z
      .object({
        source: z.enum(["eval-set", "held-out"]),
        queries: z.int(),
        documents: z.int(),
        mean_reciprocal_rank: z.object({ before: z.number(), after: z.number(), difference: IntervalSchema }),
      })
      .nullable(),
  })
  .openapi("MigrationPrediction");

const MigrationView = z
  .object({
    id: z.string(),
    index: z.string(),
    state: MigrationState,
    from: z.string(),
    to: z.string(),
    actor: z.string(),
    reason: z.string(),
    /** The request that last worked on it. */
    intent: z.string(),
    prediction: PredictionView.nullable(),
    shadow: z.object({ generation: z.string(), dataset_version: z.int() }).nullable(),
    cutover: z
      .object({ at: z.string(), actor: z.string(), previous: z.string(), rollback_until: z.string() })
      .nullable(),
  })
  .openapi("ModelMigration");

const list = createRoute({
  method: "get",
  path: "/vectors/indexes/{name}/migrations",
  tags: ["migrations"],
  summary: "The changes of an index's model, newest first",
  request: { params: z.object({ name: IndexName }) },
  responses: answers(200, z.object({ migrations: z.array(MigrationView) }), "The migrations"),
});

const read = createRoute({
  method: "get",
  path: "/vectors/indexes/{name}/migrations/{id}",
  tags: ["migrations"],
  summary: "One change of an index's model: how far it is, and what was predicted of it",
  request: { params: z.object({ name: IndexName, id: IntentId }) },
  responses: answers(200, MigrationView, "The migration"),
});

export function mountMigrationRoutes(app: OpenAPIHono, { store }: ServeDependencies): void {
  app.openapi(list, async (context) => {
    const migrations = await listMigrations(store, context.req.valid("param").name);
    return context.json({ migrations: migrations.map(describe) }, 200);
  });
  app.openapi(read, async (context) => {
    const { name, id } = context.req.valid("param");
    return context.json(describe(await readMigration(store, name, id)), 200);
  });
}

function describe(migration: Migration): z.infer<typeof MigrationView> {
  const { id, index, state, from, to, actor, reason, intent, prediction, shadow, cutover } = migration;
  return {
    id,
    index,
    state,
    from: from.embedderId,
    to: to.embedderId,
    actor,
    reason,
    intent,
    prediction: prediction === undefined ? null : describePrediction(prediction),
    shadow: shadow ? { generation: shadow.generation, dataset_version: shadow.datasetVersion } : null,
    cutover: cutover
      ? {
          at: cutover.at,
          actor: cutover.actor,
          previous: cutover.previous,
          rollback_until: cutover.rollbackUntil,
        }
      : null,
  };
}

function describePrediction(prediction: Prediction): z.infer<typeof PredictionView> {
  const { chunks, toEmbed, sample, tokens, costUsd, seconds, quality } = prediction;
  const { costUsd: cost_usd, ...sampled } = sample;
  return {
    chunks,
    to_embed: toEmbed,
    sample: { ...sampled, cost_usd },
    tokens,
    cost_usd: costUsd,
    seconds,
    quality:
      quality === null
        ? null
        : {
            source: quality.source,
            queries: quality.queries,
            documents: quality.documents,
            mean_reciprocal_rank: {
              before: quality.before,
              after: quality.after,
              difference: quality.difference,
            },
          },
  };
}

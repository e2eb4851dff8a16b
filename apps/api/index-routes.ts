import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { readDataset } from "@lakefleet/lib/dataset/dataset-log.ts";
import { IndexDefinition } from "@lakefleet/lib/generation/index-definition.ts";
import { answers, jsonBody } from "@lakefleet/lib/http/answers.ts";
import { defineIndex } from "@lakefleet/lib/ingest/define-index.ts";
import { indexSteps } from "@lakefleet/lib/ingest/steps.ts";
import { newIntentId } from "@lakefleet/lib/jobs/intent-id.ts";
import { IndexParameters } from "@lakefleet/lib/vector/index-parameters.ts";
import { DatasetName, IndexName } from "@lakefleet/queues/names.ts";
import type { ApiDependencies } from "./dependencies.ts";
import { AcceptedJob, acceptedJob } from "./job-schema.ts";

const createIndex = createRoute({
  method: "post",
  path: "/vectors/index",
  tags: ["indexes"],
  summary: "Define or change an index over a dataset and bring it up to date",
  request: {
    body: jsonBody(
      z
        .strictObject({
          index: IndexName,
          dataset: DatasetName,
          text_columns: z.array(z.string().min(1)).min(1).max(64).optional(),
          metadata_columns: z.array(z.string().min(1)).max(256).optional(),
          backend: z.enum(["hnsw", "lance"]).optional(),
          embedder: z.string().min(1).max(200).optional(),
          chunk_size: z.int().min(32).max(32_768).optional(),
          overlap: z.int().min(0).max(16_384).optional(),
          /** The engine and its settings; absent numbers take the engine's defaults. */
          parameters: IndexParameters.optional(),
          fusion: IndexDefinition.shape.fusion.optional(),
          /** The metadata column by whose values the vectors are kept apart; null for one that is not kept so. */
          shard_by: z.string().min(1).max(1_000).nullable().optional(),
        })
        .refine((body) => !body.backend || !body.parameters || body.backend === body.parameters.backend, {
          path: ["parameters", "backend"],
          message: "must be the backend that is asked for beside it",
        })
        .openapi("IndexRequest"),
    ),
  },
  responses: answers(202, AcceptedJob, "Accepted"),
});

export function mountIndexRoutes(app: OpenAPIHono, { jobs, store, configuration }: ApiDependencies): void {
  app.openapi(createIndex, async (context) => {
    const body = context.req.valid("json");
    const dataset = await readDataset(store, body.dataset);
    await defineIndex({
      store,
      models: configuration.models,
      dataset: {
        ...dataset,
        textColumns: body.text_columns ?? dataset.textColumns,
        metadataColumns: body.metadata_columns ?? dataset.metadataColumns,
      },
      settings: {
        name: body.index,
        ...(body.backend ? { backend: body.backend } : {}),
        ...(body.embedder ? { embedderId: body.embedder } : {}),
        ...(body.chunk_size ? { chunkSize: body.chunk_size } : {}),
        ...(body.overlap === undefined ? {} : { overlap: body.overlap }),
        parameters: body.parameters,
        fusion: body.fusion,
        shardBy: body.shard_by,
      },
    });
    const intent = newIntentId();
    const job = await jobs.startFlow({ steps: indexSteps(intent, body.index), actor: "http" });
    return context.json(acceptedJob(job), 202);
  });
}

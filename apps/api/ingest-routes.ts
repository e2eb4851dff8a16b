import { rm } from "node:fs/promises";
import path from "node:path";
import type { HttpBindings } from "@hono/node-server";
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { dataLayout } from "@lakefleet/config/layout.ts";
import { answers, jsonBody } from "@lakefleet/lib/http/answers.ts";
import { parseIngestRequest } from "@lakefleet/lib/ingest/ingest-request.ts";
import { requestIngest } from "@lakefleet/lib/ingest/request-ingest.ts";
import { requestPathIngest } from "@lakefleet/lib/ingest/request-path.ts";
import { newIntentId } from "@lakefleet/lib/jobs/intent-id.ts";
import type { ApiDependencies } from "./dependencies.ts";
import { AcceptedJob, acceptedJob } from "./job-schema.ts";
import { receiveUpload } from "./receive-upload.ts";

const IngestFields = z
  .object({
    dataset: z.string(),
    mode: z.enum(["replace", "append", "upsert", "sync", "delete"]).optional(),
    key: z.string().optional(),
    on_error: z.enum(["refuse", "skip"]).optional(),
    id_column: z.string().optional(),
    text_columns: z.union([z.string(), z.array(z.string())]).optional(),
    metadata_columns: z.union([z.string(), z.array(z.string())]).optional(),
    contract: z
      .union([z.string(), z.record(z.string(), z.unknown())])
      .optional()
      .openapi({
        description: "A RowContract, as text in a form; it holds for this ingest and all later ones",
      }),
    index: z.string().optional(),
    backend: z.enum(["hnsw", "lance"]).optional(),
    embedder: z.string().optional(),
    chunk_size: z.coerce.number().optional(),
    overlap: z.coerce.number().optional(),
  })
  .openapi("IngestFields");

const ingestPath = createRoute({
  method: "post",
  path: "/ingest/path",
  tags: ["ingest"],
  summary: "Ingest a file or a folder that the fleet can read and the configuration allows",
  request: { body: jsonBody(z.looseObject({ path: z.string().min(1).max(4_096) }).openapi("IngestPath")) },
  responses: answers(202, AcceptedJob, "Accepted: the intent is on disk"),
});

export function mountIngestRoutes(app: OpenAPIHono, dependencies: ApiDependencies): void {
  mountIngestFile(app, dependencies);
  app.openapi(ingestPath, async (context) => {
    const { path: requested, ...fields } = context.req.valid("json");
    const request = parseIngestRequest(fields);
    const { jobs, store, configuration } = dependencies;
    const job = await requestPathIngest({
      startFlow: jobs.startFlow,
      store,
      models: configuration.models,
      intent: newIntentId(),
      actor: "http",
      request,
      requested,
      roots: configuration.ingestRoots,
    });
    return context.json(acceptedJob(job), 202);
  });
}

function mountIngestFile(app: OpenAPIHono, { jobs, store, configuration }: ApiDependencies): void {
  app.openAPIRegistry.registerPath({
    method: "post",
    path: "/ingest/file",
    tags: ["ingest"],
    summary: "Upload one file of any size; fields first, then the part named file",
    request: {
      body: {
        required: true,
        content: {
          "multipart/form-data": {
            schema: IngestFields.extend({ file: z.string().openapi({ format: "binary" }) }),
          },
        },
      },
    },
    responses: answers(202, AcceptedJob, "Accepted: the file and the intent are on disk"),
  });
  app.post("/ingest/file", async (context) => {
    await jobs.assertAccepting(["ingest"]);
    const intent = newIntentId();
    const folder = path.join(dataLayout(configuration.dataFolder).uploads, intent);
    const upload = await receiveUpload({
      incoming: (context.env as HttpBindings).incoming,
      folder,
      accept: (fields) => void parseIngestRequest(fields),
    });
    try {
      const job = await requestIngest({
        startFlow: jobs.startFlow,
        store,
        models: configuration.models,
        intent,
        actor: "http",
        request: parseIngestRequest(upload.fields),
        source: { kind: "file", path: upload.path, name: upload.name, uploaded: true },
      });
      return context.json(acceptedJob(job), 202);
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  });
}

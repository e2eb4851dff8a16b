import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { allowedAddresses } from "@lakefleet/lib/connectors/allowed-addresses.ts";
import { answers, jsonBody } from "@lakefleet/lib/http/answers.ts";
import { parseDatabaseRequest } from "@lakefleet/lib/ingest/database-request.ts";
import { requestDatabaseIngest } from "@lakefleet/lib/ingest/request-database.ts";
import { newIntentId } from "@lakefleet/lib/jobs/intent-id.ts";
import type { ApiDependencies } from "./dependencies.ts";
import { AcceptedJob, acceptedJob } from "./job-schema.ts";

const names = z.union([z.string(), z.array(z.string())]);

/** Described here and checked by `parseDatabaseRequest`, which names every problem at once. */
const DatabaseBody = z
  .looseObject({
    dsn: z
      .string()
      .optional()
      .openapi({ description: "engine://user:password@host:port/database?sslmode=…" }),
    secret: z
      .string()
      .optional()
      .openapi({ description: "Instead of dsn: the name of a secret that holds one" }),
    table: z.string().optional(),
    query: z.string().optional().openapi({ description: "Instead of table: one statement that only reads" }),
    dataset: z.string(),
    columns: names.optional(),
    order_by: names.optional(),
    limit: z.number().optional(),
    mode: z.string().optional(),
    key: z.string().optional(),
    cursor: z.string().optional(),
    batch_size: z.number().optional(),
    timeout_seconds: z.number().optional(),
    id_column: z.string().optional(),
    text_columns: names.optional(),
    metadata_columns: names.optional(),
    index: z.string().optional(),
    backend: z.string().optional(),
    embedder: z.string().optional(),
    chunk_size: z.number().optional(),
    overlap: z.number().optional(),
  })
  .openapi("IngestDatabase");

const routes = [
  { path: "/ingest/db", engine: "postgres", title: "PostgreSQL" },
  { path: "/ingest/mysql", engine: "mysql", title: "MySQL or MariaDB" },
] as const;

export function mountDatabaseRoutes(app: OpenAPIHono, dependencies: ApiDependencies): void {
  for (const { path, engine, title } of routes) {
    const route = createRoute({
      method: "post",
      path,
      tags: ["ingest"],
      summary: `Ingest a table or a query of ${title}, whole or what has changed since the last time`,
      request: { body: jsonBody(DatabaseBody) },
      responses: answers(202, AcceptedJob, "Accepted: the intent is on disk"),
    });
    app.openapi(route, async (context) => {
      const { jobs, store, secrets, configuration } = dependencies;
      const job = await requestDatabaseIngest({
        startFlow: jobs.startFlow,
        store,
        models: configuration.models,
        secrets,
        allowed: allowedAddresses(configuration),
        intent: newIntentId(),
        actor: "http",
        engine,
        request: parseDatabaseRequest(context.req.valid("json")),
      });
      return context.json(acceptedJob(job), 202);
    });
  }
}

import { rm } from "node:fs/promises";
import path from "node:path";
import type { HttpBindings } from "@hono/node-server";
import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { dataLayout } from "@lakefleet/config/layout.ts";
import { DomainError } from "@lakefleet/lib/errors/domain-error.ts";
import { answers } from "@lakefleet/lib/http/answers.ts";
import { parseImportRequest } from "@lakefleet/lib/ingest/import-request.ts";
import { requestImport } from "@lakefleet/lib/ingest/request-import.ts";
import { resolveIngestPath } from "@lakefleet/lib/ingest/resolve-ingest-path.ts";
import { newIntentId } from "@lakefleet/lib/jobs/intent-id.ts";
import type { ApiDependencies } from "./dependencies.ts";
import { AcceptedJob, acceptedJob } from "./job-schema.ts";
import { receiveUpload } from "./receive-upload.ts";

const importFields = {
  index: z.string(),
  dataset: z.string(),
  embedder: z.string().openapi({ description: "`import:<model>@<revision>`, as you name it" }),
  vector_column: z.string().optional(),
  id_column: z.string().optional(),
  text_column: z.string().optional(),
  metadata_columns: z.union([z.string(), z.array(z.string())]).optional(),
  metric: z.literal("cosine").optional(),
  mode: z.enum(["replace", "append", "upsert"]).optional(),
  backend: z.enum(["hnsw", "lance"]).optional(),
};

const ImportPath = z
  .looseObject({
    path: z.string().min(1).max(4_096),
    /** One id to a line, for NPY. */
    ids_path: z.string().min(1).max(4_096).optional(),
  })
  .openapi("ImportPath");

/** Its own schema, so that a form and a JSON body of one route are both described. */
export function mountImportRoute(app: OpenAPIHono, dependencies: ApiDependencies): void {
  app.openAPIRegistry.registerPath({
    method: "post",
    path: "/vectors/import",
    tags: ["indexes"],
    summary: "Make an index of vectors that exist already: Parquet, Arrow IPC or NPY, uploaded or by path",
    request: {
      body: {
        required: true,
        content: {
          "multipart/form-data": {
            schema: z
              .object({ ...importFields, file: z.string().openapi({ format: "binary" }) })
              .openapi("ImportUpload"),
          },
          "application/json": { schema: ImportPath.extend(importFields).openapi("ImportByPath") },
        },
      },
    },
    responses: answers(202, AcceptedJob, "Accepted: the job to follow ends when the vectors can be searched"),
  });
  app.post("/vectors/import", async (context) => {
    const isForm = context.req.header("content-type")?.startsWith("multipart/form-data") === true;
    await dependencies.jobs.assertAccepting(["ingest"]);
    const job = isForm
      ? await importUpload(dependencies, (context.env as HttpBindings).incoming)
      : await importPath(dependencies, await jsonOf(context.req.raw));
    return context.json(acceptedJob(job), 202);
  });
}

async function importUpload(
  { configuration, jobs, store }: ApiDependencies,
  incoming: HttpBindings["incoming"],
) {
  const intent = newIntentId();
  const folder = path.join(dataLayout(configuration.dataFolder).uploads, intent);
  const upload = await receiveUpload({
    incoming,
    folder,
    accept: (fields) => void parseImportRequest(fields),
  });
  try {
    const request = parseImportRequest(upload.fields);
    const source = { path: upload.path, name: upload.name, uploaded: true };
    return await requestImport({
      startFlow: jobs.startFlow,
      store,
      models: configuration.models,
      intent,
      actor: "http",
      request,
      source,
    });
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function importPath({ configuration, jobs, store }: ApiDependencies, body: unknown) {
  const parsed = ImportPath.safeParse(body);
  if (!parsed.success)
    throw badBody(parsed.error.issues[0]?.message ?? "", parsed.error.issues[0]?.path.join("."));
  const { path: requested, ids_path: idsPath, ...fields } = parsed.data;
  const request = parseImportRequest(fields);
  const found = await resolveFile(requested, configuration.ingestRoots);
  const ids = idsPath === undefined ? undefined : await resolveFile(idsPath, configuration.ingestRoots);
  const source = { path: found, name: path.basename(found), uploaded: false, ids };
  return requestImport({
    startFlow: jobs.startFlow,
    store,
    models: configuration.models,
    intent: newIntentId(),
    actor: "http",
    request,
    source,
  });
}

async function resolveFile(requested: string, roots: readonly string[]): Promise<string> {
  const found = await resolveIngestPath({ requested, roots });
  if (!found.isFolder) return found.path;
  throw badBody(`${requested} is a folder; vectors are imported file by file.`, "path");
}

async function jsonOf(request: Request): Promise<unknown> {
  try {
    return await request.json();
  } catch (cause) {
    throw badBody("The body is neither multipart/form-data nor JSON.", undefined, cause);
  }
}

function badBody(message: string, field?: string, cause?: unknown): DomainError {
  return new DomainError({ kind: "invalid", type: "request-invalid", field, message, cause });
}

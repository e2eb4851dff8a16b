import { rm } from "node:fs/promises";
import path from "node:path";
import { Readable } from "node:stream";
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { dataLayout } from "@lakefleet/config/layout.ts";
import { readDefinition } from "@lakefleet/lib/generation/definition-log.ts";
import { answers } from "@lakefleet/lib/http/answers.ts";
import { IngestRequest } from "@lakefleet/lib/ingest/ingest-request.ts";
import { parseRows } from "@lakefleet/lib/ingest/parse-rows.ts";
import { requestIngest } from "@lakefleet/lib/ingest/request-ingest.ts";
import { newIntentId } from "@lakefleet/lib/jobs/intent-id.ts";
import { IndexName } from "@lakefleet/queues/names.ts";
import type { ApiDependencies } from "./dependencies.ts";
import { AcceptedJob, acceptedJob } from "./job-schema.ts";
import { saveUpload } from "./save-upload.ts";

const RowsToAppend = z
  .strictObject({
    rows: z.array(z.record(z.string(), z.any())).min(1),
    key: z.string().min(1).optional(),
  })
  .openapi("RowsToAppend", { description: "With a key, rows of equal keys are replaced" });

const append = createRoute({
  method: "post",
  path: "/vectors/lance/append/{index}",
  tags: ["lance"],
  summary: "Add rows to the index's dataset and to the index, of either backend; costs what the rows cost",
  request: { params: z.object({ index: IndexName }) },
  responses: answers(202, AcceptedJob, "Accepted: the rows are on disk; found when the job has completed"),
});

export function mountAppendRoutes(app: OpenAPIHono, dependencies: ApiDependencies): void {
  const { jobs, store, configuration } = dependencies;
  // Parsed from its bytes, which keep the digits that JSON numbers lose.
  const body = { required: true, content: { "application/json": { schema: RowsToAppend } } };
  app.openAPIRegistry.registerPath({ ...append, request: { ...append.request, body } });
  app.post("/vectors/lance/append/:index", async (context) => {
    await jobs.assertAccepting(["ingest", "embed", "index"]);
    const named = IndexName.safeParse(context.req.param("index"));
    const definition = await readDefinition(store, named.success ? named.data : "-");
    const rows = parseRows(new Uint8Array(await context.req.arrayBuffer()));
    const intent = newIntentId();
    const folder = path.join(dataLayout(configuration.dataFolder).uploads, intent);
    const { signal } = context.req.raw;
    const request = IngestRequest.parse({
      dataset: definition.dataset,
      index: definition.index,
      mode: rows.mode,
      key: rows.key,
    });
    try {
      const content = Readable.from([Buffer.from(rows.content)]);
      const upload = await saveUpload(content, { folder, name: "rows.json", signal });
      const source = { kind: "file" as const, ...upload, uploaded: true };
      const flow = { startFlow: jobs.startFlow, store, intent, actor: "http" };
      return context.json(acceptedJob(await requestIngest({ ...flow, request, source })), 202);
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  });
}

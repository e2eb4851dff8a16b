import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { datasetLog, datasetMissing } from "@lakefleet/lib/dataset/dataset-log.ts";
import { answers } from "@lakefleet/lib/http/answers.ts";
import { parseRequest } from "@lakefleet/lib/ingest/ingest-request.ts";
import { parseRows } from "@lakefleet/lib/ingest/parse-rows.ts";
import { DatasetName } from "@lakefleet/queues/names.ts";
import type { ApiDependencies } from "./dependencies.ts";
import { AcceptedJob, acceptedJob } from "./job-schema.ts";
import { requestRows } from "./request-rows.ts";

const Rows = z
  .strictObject({
    mode: z.enum(["append", "upsert", "delete"]).optional(),
    rows: z.array(z.record(z.string(), z.any())).min(1).optional(),
    keys: z
      .array(z.union([z.string(), z.number()]))
      .min(1)
      .optional(),
    key: z.string().min(1).optional(),
  })
  .openapi("DatasetRows", {
    description:
      "`delete` takes keys; without a key column, the one of the dataset's last keyed write is meant",
  });

const Parameters = z.strictObject({ name: DatasetName });

const write = createRoute({
  method: "post",
  path: "/datasets/{name}/rows",
  tags: ["ingest"],
  summary: "Append rows, replace those of equal keys, or delete rows by key; its indexes follow",
  request: { params: Parameters },
  responses: answers(202, AcceptedJob, "Accepted: the rows are on disk"),
});

export function mountRowRoutes(app: OpenAPIHono, dependencies: ApiDependencies): void {
  const { jobs, store } = dependencies;
  // Parsed from its bytes, which keep the digits that JSON numbers lose.
  const body = { required: true, content: { "application/json": { schema: Rows } } };
  app.openAPIRegistry.registerPath({ ...write, request: { ...write.request, body } });
  app.post("/datasets/:name/rows", async (context) => {
    await jobs.assertAccepting(["ingest", "embed", "index"]);
    const { name: dataset } = parseRequest(Parameters, context.req.param());
    const current = (await datasetLog(store, dataset).head())?.document;
    const rows = parseRows(new Uint8Array(await context.req.arrayBuffer()), current?.keyColumn);
    if (rows.mode === "delete" && current === undefined) throw datasetMissing(dataset);
    const target = { dataset, rows, signal: context.req.raw.signal };
    return context.json(acceptedJob(await requestRows(dependencies, target)), 202);
  });
}

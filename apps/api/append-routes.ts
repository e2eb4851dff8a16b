import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { readDefinition } from "@lakefleet/lib/generation/definition-log.ts";
import { answers } from "@lakefleet/lib/http/answers.ts";
import { parseRows } from "@lakefleet/lib/ingest/parse-rows.ts";
import { IndexName } from "@lakefleet/queues/names.ts";
import type { ApiDependencies } from "./dependencies.ts";
import { AcceptedJob, acceptedJob } from "./job-schema.ts";
import { requestRows } from "./request-rows.ts";

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
  const { jobs, store } = dependencies;
  // Parsed from its bytes, which keep the digits that JSON numbers lose.
  const body = { required: true, content: { "application/json": { schema: RowsToAppend } } };
  app.openAPIRegistry.registerPath({ ...append, request: { ...append.request, body } });
  app.post("/vectors/lance/append/:index", async (context) => {
    await jobs.assertAccepting(["ingest", "embed", "index"]);
    const named = IndexName.safeParse(context.req.param("index"));
    const { dataset, index } = await readDefinition(store, named.success ? named.data : "-");
    const rows = parseRows(new Uint8Array(await context.req.arrayBuffer()));
    const target = { dataset, index, rows, signal: context.req.raw.signal };
    return context.json(acceptedJob(await requestRows(dependencies, target)), 202);
  });
}

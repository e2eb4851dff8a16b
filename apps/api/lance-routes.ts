import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { DomainError } from "@lakefleet/lib/errors/domain-error.ts";
import { readDefinition } from "@lakefleet/lib/generation/definition-log.ts";
import { answers, jsonBody } from "@lakefleet/lib/http/answers.ts";
import { rebuildIndex } from "@lakefleet/lib/ingest/rebuild-index.ts";
import { newIntentId } from "@lakefleet/lib/jobs/intent-id.ts";
import { completeParameters } from "@lakefleet/lib/trial/trial-parameters.ts";
import { IndexName } from "@lakefleet/queues/names.ts";
import type { ApiDependencies } from "./dependencies.ts";
import { AcceptedJob, acceptedJob } from "./job-schema.ts";

const IndexParameter = z.object({ index: IndexName });

const ParameterFields = z
  .record(z.string().max(64), z.union([z.string().max(64), z.number()]))
  .openapi({ description: "What is left out stays as it is, or takes its default under another backend" });

const migrate = createRoute({
  method: "post",
  path: "/vectors/lance/migrate/{index}",
  tags: ["lance"],
  summary: "Build the index anew by the other backend, out of the vectors that are there, and let it serve",
  request: {
    params: IndexParameter,
    body: jsonBody(
      z
        .strictObject({ to: z.enum(["lance", "hnsw"]), parameters: ParameterFields.optional() })
        .openapi("MigrationRequest"),
    ),
  },
  responses: answers(202, AcceptedJob, "Accepted: what serves goes on serving until the job has promoted"),
});

const configure = createRoute({
  method: "post",
  path: "/vectors/lance/index/{index}",
  tags: ["lance"],
  summary: "Set the kind or the parameters of an index of the lance backend, and build it anew",
  request: {
    params: IndexParameter,
    body: jsonBody(z.strictObject({ parameters: ParameterFields.default({}) }).openapi("LanceIndexRequest")),
  },
  responses: answers(202, AcceptedJob, "Accepted"),
});

export function mountLanceRoutes(app: OpenAPIHono, { jobs, store }: ApiDependencies): void {
  const rebuild = async (index: string, fields: Record<string, string | number>) => {
    // Before the definition changes: a request that is refused must leave nothing behind.
    await jobs.assertAccepting(["index"]);
    return rebuildIndex(
      { store, startFlow: jobs.startFlow },
      {
        intent: newIntentId(),
        index,
        parameters: (current) => completeParameters(fields, current),
        actor: "http",
      },
    );
  };
  app.openapi(migrate, async (context) => {
    const { to, parameters = {} } = context.req.valid("json");
    const job = await rebuild(context.req.valid("param").index, { ...parameters, backend: to });
    return context.json(acceptedJob(job), 202);
  });
  app.openapi(configure, async (context) => {
    const { index } = context.req.valid("param");
    const { parameters } = await readDefinition(store, index);
    if (parameters.backend !== "lance") throw otherBackend(index);
    const job = await rebuild(index, { ...context.req.valid("json").parameters, backend: "lance" });
    return context.json(acceptedJob(job), 202);
  });
}

function otherBackend(index: string): DomainError {
  return new DomainError({
    kind: "conflict",
    type: "index-backend",
    field: "index",
    message: `The index ${index} is of the backend hnsw; this route sets parameters of the backend lance.`,
    remedy: `POST /vectors/lance/migrate/${index} with {"to": "lance"} makes it one.`,
  });
}

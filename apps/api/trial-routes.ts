import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { answers, jsonBody } from "@lakefleet/lib/http/answers.ts";
import { requestTrial } from "@lakefleet/lib/ingest/request-trial.ts";
import { newIntentId } from "@lakefleet/lib/jobs/intent-id.ts";
import { EvalSetName, IndexName } from "@lakefleet/queues/names.ts";
import type { ApiDependencies } from "./dependencies.ts";
import { AcceptedJob, acceptedJob } from "./job-schema.ts";

/** Fields of the index's parameters; those that are absent are as the index is defined. */
const ParameterFields = z.record(z.string().max(64), z.union([z.string().max(64), z.number()]));

const startTrial = createRoute({
  method: "post",
  path: "/vectors/hnsw/trial",
  tags: ["trials"],
  summary: "Measure recall, latency, size and build time of one configuration over the active generation",
  request: {
    body: jsonBody(
      z
        .strictObject({
          index: IndexName,
          parameters: ParameterFields.default({}),
          eval_set: EvalSetName.optional(),
          k: z.int().min(1).max(1_000).optional(),
          sample_share: z.number().gt(0).max(1).optional(),
          seed: z.int().min(0).max(4_294_967_295).optional(),
          why: z.string().min(1).max(1_000).default("requested over HTTP"),
        })
        .openapi("TrialRequest"),
    ),
  },
  responses: answers(202, AcceptedJob, "Accepted"),
});

export function mountTrialRoutes(app: OpenAPIHono, { jobs, store }: ApiDependencies): void {
  app.openapi(startTrial, async (context) => {
    const { eval_set, sample_share, ...body } = context.req.valid("json");
    const job = await requestTrial(
      { store, startFlow: jobs.startFlow },
      { ...body, intent: newIntentId(), evalSet: eval_set, sampleShare: sample_share, actor: "http" },
    );
    return context.json(acceptedJob(job), 202);
  });
}

import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { readDefinition } from "@lakefleet/lib/generation/definition-log.ts";
import { answers, jsonBody } from "@lakefleet/lib/http/answers.ts";
import { promoteTrial } from "@lakefleet/lib/ingest/promote-trial.ts";
import { requestAutotune } from "@lakefleet/lib/ingest/request-autotune.ts";
import { requestTrial } from "@lakefleet/lib/ingest/request-trial.ts";
import { newIntentId } from "@lakefleet/lib/jobs/intent-id.ts";
import { compactJournal } from "@lakefleet/lib/trial/compact-journal.ts";
import { EvalSetName, IndexName, IntentId } from "@lakefleet/queues/names.ts";
import type { ApiDependencies } from "./dependencies.ts";
import { AcceptedJob, acceptedJob } from "./job-schema.ts";

/** Fields of the index's parameters; those that are absent are as the index is defined. */
const ParameterFields = z.record(z.string().max(64), z.union([z.string().max(64), z.number()]));

const TrialSettings = {
  eval_set: EvalSetName.optional(),
  k: z.int().min(1).max(1_000).optional(),
  sample_share: z.number().gt(0).max(1).optional(),
  seed: z.int().min(0).max(4_294_967_295).optional(),
  why: z.string().min(1).max(1_000).default("requested over HTTP"),
};

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
          ...TrialSettings,
        })
        .openapi("TrialRequest"),
    ),
  },
  responses: answers(202, AcceptedJob, "Accepted"),
});

const IndexParameter = z.object({ index: IndexName });

const autotune = createRoute({
  method: "post",
  path: "/vectors/hnsw/autotune/{index}",
  tags: ["trials"],
  summary: "Measure every configuration of a grid, each as a trial of its own",
  request: {
    params: IndexParameter,
    body: jsonBody(
      z
        .strictObject({
          grid: z
            .record(
              z.string().max(64),
              z
                .array(z.union([z.string().max(64), z.number()]))
                .min(1)
                .max(64),
            )
            .optional(),
          ...TrialSettings,
        })
        .openapi("AutotuneRequest"),
    ),
  },
  responses: answers(202, z.object({ jobs: z.array(AcceptedJob.shape.job) }), "Accepted"),
});

const compact = createRoute({
  method: "post",
  path: "/vectors/hnsw/trials/{index}/compact",
  tags: ["trials"],
  summary: "Drop second copies and failures that were measured after all from the journal",
  request: { params: IndexParameter },
  responses: answers(
    200,
    z.object({ kept: z.int(), dropped: z.int(), segmentsRemoved: z.int() }),
    "What became of the records in closed segments",
  ),
});

const promote = createRoute({
  method: "post",
  path: "/vectors/hnsw/promote/{index}/{trial}",
  tags: ["trials"],
  summary: "Build, gate and promote the configuration of a trial",
  request: {
    params: IndexParameter.extend({ trial: IntentId }),
    body: jsonBody(z.strictObject({ why: z.string().min(1).max(1_000).default("requested over HTTP") })),
  },
  responses: answers(202, AcceptedJob, "Accepted"),
});

export function mountTrialRoutes(app: OpenAPIHono, dependencies: ApiDependencies): void {
  const { jobs, store, telemetry } = dependencies;
  const { startFlow } = jobs;
  app.openapi(startTrial, async (context) => {
    const { eval_set, sample_share, ...body } = context.req.valid("json");
    const job = await requestTrial(
      { store, startFlow },
      { ...body, intent: newIntentId(), evalSet: eval_set, sampleShare: sample_share, actor: "http" },
    );
    return context.json(acceptedJob(job), 202);
  });
  app.openapi(autotune, async (context) => {
    const { index } = context.req.valid("param");
    const { eval_set, sample_share, ...body } = context.req.valid("json");
    const request = { ...body, index, evalSet: eval_set, sampleShare: sample_share, actor: "http" };
    const started = await requestAutotune({ store, startFlow }, request);
    return context.json({ jobs: started.map((job) => acceptedJob(job).job) }, 202);
  });
  app.openapi(compact, async (context) => {
    const { index } = context.req.valid("param");
    await readDefinition(store, index);
    return context.json(await compactJournal({ store, index, telemetry }), 200);
  });
  app.openapi(promote, async (context) => {
    const { why } = context.req.valid("json");
    const options = { ...context.req.valid("param"), store, startFlow, telemetry, actor: "http", why };
    return context.json(acceptedJob((await promoteTrial(options)).job), 202);
  });
}

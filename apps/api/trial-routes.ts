import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { readDefinition } from "@lakefleet/lib/generation/definition-log.ts";
import { answers, jsonBody } from "@lakefleet/lib/http/answers.ts";
import { flowStep } from "@lakefleet/lib/jobs/flow-step.ts";
import { newIntentId } from "@lakefleet/lib/jobs/intent-id.ts";
import { IndexName } from "@lakefleet/queues/names.ts";
import { trialQueue } from "@lakefleet/queues/trial.queue.ts";
import type { ApiDependencies } from "./dependencies.ts";
import { AcceptedJob, acceptedJob } from "./job-schema.ts";

const startTrial = createRoute({
  method: "post",
  path: "/vectors/hnsw/trial",
  tags: ["trials"],
  summary: "Measure recall and latency of one search effort on the active generation",
  request: {
    body: jsonBody(
      z
        .strictObject({
          index: IndexName,
          effort: z.int().min(1).max(10_000),
          k: z.int().min(1).max(1_000).default(10),
        })
        .openapi("TrialRequest"),
    ),
  },
  responses: answers(202, AcceptedJob, "Accepted"),
});

export function mountTrialRoutes(app: OpenAPIHono, { jobs, store }: ApiDependencies): void {
  app.openapi(startTrial, async (context) => {
    const body = context.req.valid("json");
    await readDefinition(store, body.index);
    const intent = newIntentId();
    const job = await jobs.startFlow({ steps: [flowStep(trialQueue, { intent, ...body })], actor: "http" });
    return context.json(acceptedJob(job), 202);
  });
}

import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { createDatasetCheck } from "@lakefleet/lib/dataset/create-dataset-check.ts";
import { answers, jsonBody } from "@lakefleet/lib/http/answers.ts";
import { flowStep } from "@lakefleet/lib/jobs/flow-step.ts";
import { newIntentId } from "@lakefleet/lib/jobs/intent-id.ts";
import { RefreshPolicy, readRefreshPolicy, refreshPolicyLog } from "@lakefleet/lib/refresh/refresh-policy.ts";
import { canonicalJson } from "@lakefleet/lib/storage/canonical-json.ts";
import { DatasetName } from "@lakefleet/queues/names.ts";
import { refreshQueue } from "@lakefleet/queues/refresh.queue.ts";
import type { ApiDependencies } from "./dependencies.ts";
import { AcceptedJob, acceptedJob } from "./job-schema.ts";

const params = z.object({ dataset: DatasetName });
// Made here, so that it has a name whether or not the module that describes routes was loaded before that of the policy.
const Policy = z.discriminatedUnion("kind", RefreshPolicy.options).openapi("RefreshPolicy");
const PolicyOfDataset = z.object({ dataset: z.string(), policy: Policy });

const refresh = createRoute({
  method: "post",
  path: "/vectors/refresh/{dataset}",
  tags: ["indexes"],
  summary: "Bring every index of a dataset that is behind it up to date",
  request: { params },
  responses: answers(
    202,
    AcceptedJob,
    "Accepted: the job names the flows it has started, none where none is needed",
  ),
});

const readPolicy = createRoute({
  method: "get",
  path: "/vectors/refresh/{dataset}/policy",
  tags: ["indexes"],
  summary: "When the indexes of a dataset follow it by themselves",
  request: { params },
  responses: answers(200, PolicyOfDataset, "The policy"),
});

const setPolicy = createRoute({
  method: "put",
  path: "/vectors/refresh/{dataset}/policy",
  tags: ["indexes"],
  summary: "Let the indexes of a dataset follow each write, a schedule, or nobody but POST /vectors/refresh",
  request: { params, body: jsonBody(Policy) },
  responses: answers(200, PolicyOfDataset, "The policy"),
});

export function mountRefreshRoutes(app: OpenAPIHono, { jobs, store }: ApiDependencies): void {
  const assertDataset = createDatasetCheck(store);
  app.openapi(refresh, async (context) => {
    const { dataset } = context.req.valid("param");
    await assertDataset(dataset);
    const intent = newIntentId();
    const job = await jobs.startFlow({ steps: [flowStep(refreshQueue, { intent, dataset })], actor: "http" });
    return context.json(acceptedJob(job), 202);
  });
  app.openapi(readPolicy, async (context) => {
    const { dataset } = context.req.valid("param");
    await assertDataset(dataset);
    return context.json({ dataset, policy: await readRefreshPolicy(store, dataset) }, 200);
  });
  app.openapi(setPolicy, async (context) => {
    const { dataset } = context.req.valid("param");
    const policy = context.req.valid("json");
    await assertDataset(dataset);
    await refreshPolicyLog(store, dataset).commit((head) =>
      head !== undefined && canonicalJson(head.document.policy) === canonicalJson(policy)
        ? undefined
        : { schemaVersion: 1, policy },
    );
    return context.json({ dataset, policy }, 200);
  });
}

import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { answers } from "@lakefleet/lib/http/answers.ts";
import type { PoolReport } from "@lakefleet/lib/jobs/open-jobs.ts";
import { queueNames } from "@lakefleet/queues/define-queue.ts";
import { Gauge } from "prom-client";
import type { ApiDependencies } from "./dependencies.ts";
import { createSpendGauges, readProviderSpend } from "./provider-spend.ts";

const Readiness = z
  .object({ ready: z.boolean(), redis: z.boolean(), pools: z.record(z.enum(queueNames), z.int()) })
  .openapi("Readiness");

const ready = createRoute({
  method: "get",
  path: "/ready",
  tags: ["health"],
  summary: "200 only when Redis answers and every pool has a worker that takes jobs",
  responses: {
    200: { description: "Ready", content: { "application/json": { schema: Readiness } } },
    503: { description: "Not ready", content: { "application/json": { schema: Readiness } } },
  },
});

const health = createRoute({
  method: "get",
  path: "/health",
  tags: ["health"],
  summary: "200 as long as the process answers, whatever it depends on",
  responses: answers(200, z.object({ status: z.literal("ok") }), "Alive"),
});

export function mountHealthRoutes(app: OpenAPIHono, dependencies: ApiDependencies): void {
  const { jobs } = dependencies;
  app.openapi(health, (context) => context.json({ status: "ok" as const }, 200));
  app.openapi(ready, async (context) => {
    const health = await jobs.health();
    const pools = health.redis ? await jobs.pools() : [];
    const workers = countWorkers(pools);
    const state = {
      ready: health.redis && Object.values(workers).every((count) => count > 0),
      redis: health.redis,
      pools: workers,
    };
    return state.ready ? context.json(state, 200) : context.json(state, 503);
  });
  mountMetrics(app, dependencies);
}

function mountMetrics(app: OpenAPIHono, dependencies: ApiDependencies): void {
  const { jobs, telemetry } = dependencies;
  app.openAPIRegistry.registerPath({
    method: "get",
    path: "/metrics",
    tags: ["health"],
    summary: "Every figure in the Prometheus text format, the pools' among them",
    responses: { 200: { description: "Metrics", content: { "text/plain": { schema: z.string() } } } },
  });
  const setPoolGauges = createPoolGauges(telemetry);
  const setSpendGauges = createSpendGauges(telemetry);
  app.get("/metrics", async () => {
    const health = await jobs.health();
    if (health.redis) setPoolGauges(await jobs.pools());
    setSpendGauges(await readProviderSpend(dependencies));
    return new Response(await telemetry.metrics.metrics(), {
      headers: { "content-type": telemetry.metrics.contentType },
    });
  });
}

function countWorkers(pools: readonly PoolReport[]) {
  const counts = { ingest: 0, embed: 0, index: 0, trial: 0, refresh: 0 };
  for (const { pool, workers } of pools) counts[pool] = workers.filter((worker) => !worker.draining).length;
  return counts;
}

/** The same figures as `GET /fleet`, for a cluster that scales by its own metrics. */
function createPoolGauges(telemetry: ApiDependencies["telemetry"]): (pools: readonly PoolReport[]) => void {
  const gauge = (name: string, help: string) =>
    new Gauge({ name: `lakefleet_pool_${name}`, help, labelNames: ["pool"], registers: [telemetry.metrics] });
  const waiting = gauge("waiting_jobs", "Jobs that a worker could take now");
  const active = gauge("active_jobs", "Jobs that run");
  const oldest = gauge("oldest_wait_seconds", "How long the job has waited that has waited longest");
  const workers = gauge("workers", "Worker processes");
  return (pools) => {
    for (const pool of pools) {
      waiting.set({ pool: pool.pool }, pool.waiting);
      active.set({ pool: pool.pool }, pool.active);
      oldest.set({ pool: pool.pool }, pool.oldestWaitMs / 1_000);
      workers.set({ pool: pool.pool }, pool.workers.length);
    }
  };
}

import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { Pool } from "@lakefleet/config/pools.ts";
import { answers, jsonBody } from "@lakefleet/lib/http/answers.ts";
import type { PoolReport } from "@lakefleet/lib/jobs/open-jobs.ts";
import { queueNames } from "@lakefleet/queues/define-queue.ts";
import type { ApiDependencies } from "./dependencies.ts";

const PoolParameter = z.object({ pool: z.enum(queueNames) });

const PoolState = z
  .object({
    pool: z.enum(queueNames),
    paused: z.boolean(),
    min: z.int(),
    max: z.int(),
    waiting: z.int(),
    active: z.int(),
    oldest_wait_ms: z.number(),
    workers: z.array(
      z.object({
        id: z.string(),
        pid: z.int(),
        host: z.string(),
        since: z.string(),
        active_jobs: z.array(z.string()),
      }),
    ),
  })
  .openapi("PoolState");

function describePool(pool: PoolReport): z.infer<typeof PoolState> {
  return {
    pool: pool.pool,
    paused: pool.paused,
    min: pool.min,
    max: pool.max,
    waiting: pool.waiting,
    active: pool.active,
    oldest_wait_ms: pool.oldestWaitMs,
    workers: pool.workers.map(({ id, pid, host, since, activeJobs }) => ({
      id,
      pid,
      host,
      since,
      active_jobs: activeJobs,
    })),
  };
}

const FleetSchema = z.object({ pools: z.array(PoolState) }).openapi("Fleet");

const readFleet = createRoute({
  method: "get",
  path: "/fleet",
  tags: ["fleet"],
  summary: "Pools, their workers, depth and oldest wait: the figures that the fleet scales by",
  responses: answers(200, FleetSchema, "The fleet"),
});

const scalePool = createRoute({
  method: "post",
  path: "/fleet/{pool}/scale",
  tags: ["fleet"],
  summary: "Set the bounds between which the pool grows and shrinks",
  request: { params: PoolParameter, body: jsonBody(Pool.pick({ min: true, max: true })) },
  responses: answers(200, FleetSchema, "The fleet"),
});

const pausePool = createRoute({
  method: "post",
  path: "/fleet/{pool}/pause",
  tags: ["fleet"],
  summary: "Let running jobs finish and start no new one",
  request: { params: PoolParameter },
  responses: answers(200, FleetSchema, "The fleet"),
});

const resumePool = createRoute({
  method: "post",
  path: "/fleet/{pool}/resume",
  tags: ["fleet"],
  summary: "Start jobs again",
  request: { params: PoolParameter },
  responses: answers(200, FleetSchema, "The fleet"),
});

export function mountFleetRoutes(app: OpenAPIHono, { jobs }: ApiDependencies): void {
  const fleet = async () => ({ pools: (await jobs.pools()).map(describePool) });
  app.openapi(readFleet, async (context) => context.json(await fleet(), 200));
  app.openapi(scalePool, async (context) => {
    await jobs.changePool(context.req.valid("param").pool, context.req.valid("json"));
    return context.json(await fleet(), 200);
  });
  app.openapi(pausePool, async (context) => {
    await jobs.changePool(context.req.valid("param").pool, { paused: true });
    return context.json(await fleet(), 200);
  });
  app.openapi(resumePool, async (context) => {
    await jobs.changePool(context.req.valid("param").pool, { paused: false });
    return context.json(await fleet(), 200);
  });
}

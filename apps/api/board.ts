import { createBullBoard } from "@bull-board/api";
import { BullMQAdapter } from "@bull-board/api/bullMQAdapter";
import { HonoAdapter } from "@bull-board/hono";
import { serveStatic } from "@hono/node-server/serve-static";
import type { OpenAPIHono } from "@hono/zod-openapi";
import { openQueuesForBoard } from "@lakefleet/lib/jobs/board-queues.ts";
import type { ApiDependencies } from "./dependencies.ts";

const basePath = "/admin/queues";

/**
 * Bull Board, for looking only: a job that is changed behind the intent log would come back or be lost in the books,
 * so retry and cancel go through the job routes.
 */
export function mountBoard(app: OpenAPIHono, { jobs }: ApiDependencies): void {
  const adapter = new HonoAdapter(serveStatic);
  adapter.setBasePath(basePath);
  createBullBoard({
    queues: openQueuesForBoard(jobs.queues).map((queue) => new BullMQAdapter(queue, { readOnlyMode: true })),
    serverAdapter: adapter,
  });
  // Its own questions to Redis wait for ever while there is none.
  app.use(`${basePath}/api/*`, async (_context, next) => {
    await jobs.assertAccepting([]);
    await next();
  });
  app.route(basePath, adapter.registerPlugin());
}

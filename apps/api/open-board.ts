import { createBullBoard } from "@bull-board/api";
import { BullMQAdapter } from "@bull-board/api/bullMQAdapter";
import { HonoAdapter } from "@bull-board/hono";
import { serveStatic } from "@hono/node-server/serve-static";
import { openQueuesForBoard } from "@lakefleet/lib/jobs/board-queues.ts";
import type { Jobs } from "@lakefleet/lib/jobs/open-jobs.ts";
import { Hono } from "hono";

/** Bull Board as an app of its own, whose errors are left to the one that mounts it. */
export function openBoard({ jobs, basePath }: { jobs: Jobs; basePath: string }): Hono {
  const adapter = new HonoAdapter(serveStatic);
  adapter.setBasePath(basePath);
  createBullBoard({
    queues: openQueuesForBoard(jobs.queues).map((queue) => new BullMQAdapter(queue, { readOnlyMode: true })),
    serverAdapter: adapter,
  });
  const board = new Hono();
  board.onError((error) => {
    throw error;
  });
  board.route(basePath, adapter.registerPlugin());
  return board;
}

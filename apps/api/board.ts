import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Hono } from "hono";
import type { ApiDependencies } from "./dependencies.ts";

const basePath = "/admin/queues";

/**
 * Bull Board, for looking only: a job that is changed behind the intent log would come back or be lost in the books,
 * so retry and cancel go through the job routes. It is loaded when first asked for, and stays an app of its own: its
 * paths are ambiguous, and among ours they would slow every request down.
 */
export function mountBoard(app: OpenAPIHono, { jobs }: ApiDependencies): void {
  let opening: Promise<Hono> | undefined;
  const open = async () => (await import("./open-board.ts")).openBoard({ jobs, basePath });
  // Its own questions to Redis wait for ever while there is none.
  app.use(`${basePath}/api/*`, async (_context, next) => {
    await jobs.assertAccepting([]);
    await next();
  });
  app.all(`${basePath}/*`, async (context) => {
    opening ??= open();
    const board = await opening;
    return board.fetch(context.req.raw, context.env);
  });
}

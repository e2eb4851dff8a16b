import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { answers, jsonBody } from "@lakefleet/lib/http/answers.ts";
import { checkScheduledWork, ScheduledWork } from "@lakefleet/lib/ingest/scheduled-work.ts";
import { DatasetName } from "@lakefleet/queues/names.ts";
import type { ApiDependencies } from "./dependencies.ts";

const ScheduleSchema = z
  .object({
    name: z.string(),
    cron: z.string(),
    timezone: z.string(),
    work: z.record(z.string(), z.unknown()),
    next: z.string(),
    last: z.string().nullable(),
  })
  .openapi("Schedule");

const list = createRoute({
  method: "get",
  path: "/ingest/schedules",
  tags: ["ingest"],
  summary: "Every schedule, when it ran last and when it runs next",
  responses: answers(200, z.object({ schedules: z.array(ScheduleSchema) }), "The schedules"),
});

const set = createRoute({
  method: "post",
  path: "/ingest/schedules",
  tags: ["ingest"],
  summary: "Create or change a schedule that starts an ingest or a refresh by the clock",
  request: {
    body: jsonBody(
      z
        .strictObject({
          name: DatasetName,
          cron: z.string().min(1).max(200),
          timezone: z.string().min(1).max(64).default("UTC"),
          work: ScheduledWork,
        })
        .openapi("ScheduleRequest"),
    ),
  },
  responses: answers(200, ScheduleSchema, "The schedule"),
});

const remove = createRoute({
  method: "delete",
  path: "/ingest/schedules/{name}",
  tags: ["ingest"],
  summary: "Remove a schedule; what it has started goes on",
  request: { params: z.object({ name: DatasetName }) },
  responses: answers(200, z.object({ removed: z.string() }), "Removed"),
});

export function mountScheduleRoutes(app: OpenAPIHono, { jobs }: ApiDependencies): void {
  const { schedules } = jobs;
  app.openapi(list, async (context) => {
    return context.json({ schedules: (await schedules.list()).map(shown) }, 200);
  });
  app.openapi(set, async (context) => {
    const asked = context.req.valid("json");
    checkScheduledWork(asked.work);
    return context.json(shown(await schedules.set(asked)), 200);
  });
  app.openapi(remove, async (context) => {
    const { name } = context.req.valid("param");
    await schedules.remove(name);
    return context.json({ removed: name }, 200);
  });
}

function shown({
  since: _since,
  ...schedule
}: Awaited<ReturnType<ApiDependencies["jobs"]["schedules"]["set"]>>) {
  return schedule;
}

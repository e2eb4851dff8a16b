import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { answers } from "@lakefleet/lib/http/answers.ts";
import { queueNames } from "@lakefleet/queues/define-queue.ts";
import { streamSSE } from "hono/streaming";
import type { ApiDependencies } from "./dependencies.ts";
import { AcceptedJob, acceptedJob, JobSchema, QueueParameter } from "./job-schema.ts";

const JobParameters = z.object({
  queue: QueueParameter,
  id: z.string().min(1).max(200),
});

/** As many as a person reads. */
const logLinesMax = 200;

const listJobs = createRoute({
  method: "get",
  path: "/jobs",
  tags: ["jobs"],
  summary: "Jobs, newest first",
  request: {
    query: z.object({
      queue: z.enum(queueNames).optional(),
      state: JobSchema.shape.state.optional(),
      limit: z.coerce.number().int().min(1).max(1_000).default(100),
    }),
  },
  responses: answers(200, z.object({ jobs: z.array(JobSchema) }), "The jobs"),
});

const readJob = createRoute({
  method: "get",
  path: "/jobs/{queue}/{id}",
  tags: ["jobs"],
  summary: "One job: state, progress, children, result, error, logs",
  request: { params: JobParameters },
  responses: answers(200, JobSchema.extend({ logs: z.array(z.string()) }), "The job"),
});

const retryJob = createRoute({
  method: "post",
  path: "/jobs/{queue}/{id}/retry",
  tags: ["jobs"],
  summary: "Run a failed, cancelled or quarantined job again; what is done already is found done",
  request: { params: JobParameters },
  responses: answers(202, AcceptedJob, "Accepted"),
});

const cancelJob = createRoute({
  method: "delete",
  path: "/jobs/{queue}/{id}",
  tags: ["jobs"],
  summary: "Cancel a job and everything that waits for it",
  request: { params: JobParameters },
  responses: answers(200, JobSchema, "The cancelled job"),
});

export function mountJobRoutes(app: OpenAPIHono, { jobs }: ApiDependencies): void {
  app.openapi(listJobs, async (context) =>
    context.json({ jobs: await jobs.list(context.req.valid("query")) }, 200),
  );
  app.openapi(readJob, async (context) => {
    const { queue, id } = context.req.valid("param");
    const job = await jobs.read(queue, id);
    return context.json({ ...job, logs: await jobs.logs(queue, id, logLinesMax) }, 200);
  });
  app.openapi(retryJob, async (context) => {
    const { queue, id } = context.req.valid("param");
    const job = await jobs.retry(queue, id);
    return context.json(acceptedJob(job), 202);
  });
  app.openapi(cancelJob, async (context) => {
    const { queue, id } = context.req.valid("param");
    await jobs.cancel(queue, id);
    return context.json(await jobs.read(queue, id), 200);
  });
  mountJobEvents(app, jobs);
}

/** Server-sent events: one `job` event per change, until the job has ended or the client has gone. */
function mountJobEvents(app: OpenAPIHono, jobs: ApiDependencies["jobs"]): void {
  app.openAPIRegistry.registerPath({
    method: "get",
    path: "/jobs/{queue}/{id}/events",
    tags: ["jobs"],
    summary: "The job's changes as server-sent events, until it has ended",
    request: { params: JobParameters },
    responses: {
      200: { description: "A stream of job events", content: { "text/event-stream": { schema: JobSchema } } },
    },
  });
  app.get("/jobs/:queue/:id/events", async (context) => {
    const { queue, id } = context.req.param();
    await jobs.read(queue, id);
    return streamSSE(context, async (stream) => {
      const gone = new AbortController();
      stream.onAbort(() => gone.abort());
      for await (const job of jobs.watch(queue, id, gone.signal)) {
        await stream.writeSSE({ event: "job", data: JSON.stringify(job) });
      }
    });
  });
}

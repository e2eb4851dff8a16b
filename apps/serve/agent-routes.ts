import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { type IndexReport, reportAgent } from "@lakefleet/lib/agent/report-agent.ts";
import { answers } from "@lakefleet/lib/http/answers.ts";
import { scopedBy } from "@lakefleet/lib/profile/scope/declare-scope.ts";
import { isInScope } from "@lakefleet/lib/profile/scope/profile-scope.ts";
import { IndexName } from "@lakefleet/queues/names.ts";
import type { ServeDependencies } from "./dependencies.ts";

const Configuration = z
  .object({
    trial: z.string(),
    parameters: z.record(z.string(), z.unknown()),
    recall: z.number(),
    p50_ms: z.number(),
  })
  .openapi("AgentConfiguration");

const Status = z
  .object({
    index: z.string(),
    session: z.int(),
    state: z.enum(["running", "paused", "stopped"]),
    proposer: z.string(),
    recall_target: z.number(),
    thinks: z
      .object({
        at: z.string(),
        action: z.enum(["propose", "promote", "finish", "wait"]),
        why: z.string(),
        parameters: z.record(z.string(), z.unknown()).nullable(),
        until: z.string().nullable(),
      })
      .nullable()
      .openapi({ description: "What the agent did or waits for, and why; null until it has looked at it" }),
    champion: Configuration.nullable(),
    serving: Configuration.nullable(),
    trials_left: z.int().nullable(),
    cpu_seconds_left: z.number().nullable(),
  })
  .openapi("AgentStatus");

const status = createRoute({
  ...scopedBy({ indexes: ["query.index"], filters: true }),
  method: "get",
  path: "/vectors/agent/status",
  tags: ["agent"],
  summary: "What the agent does about each index, and why",
  request: { query: z.object({ index: IndexName.optional() }) },
  responses: answers(200, z.object({ paused: z.boolean(), indexes: z.array(Status) }), "The sessions"),
});

export function mountAgentRoutes(app: OpenAPIHono, { store }: ServeDependencies): void {
  app.openapi(status, async (context) => {
    const { paused, indexes } = await reportAgent(store, context.req.valid("query").index);
    const shown = indexes.filter(({ index }) => isInScope(context, "indexes", index));
    return context.json({ paused, indexes: shown.map(statusOf) }, 200);
  });
}

function statusOf({ index, settings, thought }: IndexReport): z.infer<typeof Status> {
  const { session, state, options } = settings;
  return {
    index,
    session,
    state,
    proposer: options.proposer,
    recall_target: options.recallTarget,
    thinks: thought
      ? {
          at: thought.at,
          action: thought.action,
          why: thought.why,
          parameters: thought.parameters,
          until: thought.untilMs === null ? null : new Date(thought.untilMs).toISOString(),
        }
      : null,
    champion: configurationOf(thought?.champion),
    serving: configurationOf(thought?.serving),
    trials_left: thought?.trialsLeft ?? null,
    cpu_seconds_left: thought?.cpuSecondsLeft ?? null,
  };
}

function configurationOf(measured: NonNullable<IndexReport["thought"]>["champion"] | undefined) {
  if (!measured) return null;
  const { trial, parameters, recall, p50Ms } = measured;
  return { trial, parameters, recall, p50_ms: p50Ms };
}

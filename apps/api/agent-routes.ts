import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import {
  AgentOptions,
  type AgentSettings,
  changeState,
  pauseAgent,
} from "@lakefleet/lib/agent/agent-settings.ts";
import { requestSession } from "@lakefleet/lib/agent/request-session.ts";
import { answers, jsonBody } from "@lakefleet/lib/http/answers.ts";
import { EvalSetName, IndexName } from "@lakefleet/queues/names.ts";
import type { ApiDependencies } from "./dependencies.ts";

const option = AgentOptions.shape;
const SessionRequest = z
  .strictObject({
    proposer: option.proposer.unwrap().optional(),
    bounds: option.bounds.unwrap().optional().openapi({
      description: 'By parameter: a list of values, or {"min", "max"} within the default ones',
    }),
    recall_target: option.recallTarget.unwrap().optional(),
    recall_floor: option.recallFloor.unwrap().optional(),
    gain_min: option.gainMin.unwrap().optional(),
    eval_set: EvalSetName.optional(),
    k: option.k.unwrap().optional(),
    trials_max: option.trialsPerSession.unwrap().optional(),
    trials_per_hour: option.trialsPerHour.unwrap().optional(),
    cooldown_seconds: option.cooldownSeconds.unwrap().optional(),
    cpu_seconds_max: option.cpuSecondsPerSession.unwrap().optional(),
    patience: option.patience.unwrap().optional(),
    search_p95_ms_max: option.searchP95MsMax.unwrap().optional(),
    waiting_jobs_max: option.waitingJobsMax.unwrap().optional(),
  })
  .openapi("AgentSessionRequest");

const Session = z
  .object({ index: z.string(), session: z.int(), state: z.enum(["running", "paused", "stopped"]) })
  .openapi("AgentSession");

const enqueue = createRoute({
  method: "post",
  path: "/vectors/agent/enqueue/{index}",
  tags: ["agent"],
  summary: "Let the agent tune an index; what is left out stays as in its last session",
  request: { params: z.object({ index: IndexName }), body: jsonBody(SessionRequest) },
  responses: answers(202, Session, "The session begins when the agent comes to it"),
});

const Scope = z.strictObject({ index: IndexName.optional() }).openapi("AgentScope");
const Switched = z.object({ index: z.string().nullable(), paused: z.boolean() }).openapi("AgentSwitched");

const pause = createRoute({
  method: "post",
  path: "/vectors/agent/pause",
  tags: ["agent"],
  summary: "Start no further trial, for one index or for all; a trial under way ends",
  request: { body: jsonBody(Scope) },
  responses: answers(200, Switched, "Paused"),
});

const resume = createRoute({
  method: "post",
  path: "/vectors/agent/resume",
  tags: ["agent"],
  summary: "Go on, for one index or for all",
  request: { body: jsonBody(Scope) },
  responses: answers(200, Switched, "Resumed"),
});

const stop = createRoute({
  method: "post",
  path: "/vectors/agent/stop/{index}",
  tags: ["agent"],
  summary: "End the session of one index",
  request: { params: z.object({ index: IndexName }) },
  responses: answers(200, Session, "Stopped"),
});

export function mountAgentRoutes(app: OpenAPIHono, { store }: ApiDependencies): void {
  const switchTo = async (index: string | undefined, paused: boolean) => {
    if (index === undefined) await pauseAgent(store, paused);
    else await changeState(store, index, paused ? "paused" : "running");
    return { index: index ?? null, paused };
  };
  app.openapi(enqueue, async (context) => {
    const { index } = context.req.valid("param");
    const settings = await requestSession(store, index, optionsOf(context.req.valid("json")));
    return context.json(sessionOf(index, settings), 202);
  });
  app.openapi(pause, async (context) =>
    context.json(await switchTo(context.req.valid("json").index, true), 200),
  );
  app.openapi(resume, async (context) =>
    context.json(await switchTo(context.req.valid("json").index, false), 200),
  );
  app.openapi(stop, async (context) => {
    const { index } = context.req.valid("param");
    return context.json(sessionOf(index, await changeState(store, index, "stopped")), 200);
  });
}

function sessionOf(index: string, { session, state }: AgentSettings): z.infer<typeof Session> {
  return { index, session, state };
}

function optionsOf(request: z.infer<typeof SessionRequest>): Partial<AgentOptions> {
  const given = {
    proposer: request.proposer,
    bounds: request.bounds,
    recallTarget: request.recall_target,
    recallFloor: request.recall_floor,
    gainMin: request.gain_min,
    evalSet: request.eval_set,
    k: request.k,
    trialsPerSession: request.trials_max,
    trialsPerHour: request.trials_per_hour,
    cooldownSeconds: request.cooldown_seconds,
    cpuSecondsPerSession: request.cpu_seconds_max,
    patience: request.patience,
    searchP95MsMax: request.search_p95_ms_max,
    waitingJobsMax: request.waiting_jobs_max,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

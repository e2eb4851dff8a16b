import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { DomainError } from "@lakefleet/lib/errors/domain-error.ts";
import { answers, jsonBody } from "@lakefleet/lib/http/answers.ts";
import { provisionIndexes } from "@lakefleet/lib/ingest/provision-indexes.ts";
import { flowStep } from "@lakefleet/lib/jobs/flow-step.ts";
import { newIntentId } from "@lakefleet/lib/jobs/intent-id.ts";
import { openGpuSlots } from "@lakefleet/lib/profile/open-gpu-slots.ts";
import { areLoaded, realizeActivation } from "@lakefleet/lib/profile/realize-activation.ts";
import {
  type RequestedActivation,
  requestActivation,
  requestDeactivation,
} from "@lakefleet/lib/profile/request-activation.ts";
import { refreshQueue } from "@lakefleet/queues/refresh.queue.ts";
import type { ApiDependencies } from "./dependencies.ts";
import { AcceptedJob, acceptedJob } from "./job-schema.ts";
import { ProfileActor, ProfileParameter } from "./profile-routes.ts";

const Request = z.strictObject({ actor: ProfileActor }).openapi("ProfileActivationRequest");

const Settled = z
  .object({ profile: z.string().nullable(), activation: z.int() })
  .openapi("ProfileActivation");

const Accepted = AcceptedJob.extend({
  profile: z.string().nullable(),
  activation: z.int(),
  /** Indexes that the profile's datasets lacked, and the jobs that build them. */
  indexes: z.array(AcceptedJob.extend({ index: z.string() })),
}).openapi("AcceptedProfileActivation");

const activate = createRoute({
  method: "post",
  path: "/vectors/profile/{id}/activate",
  tags: ["profiles"],
  summary:
    "Make a profile the active one: its models are loaded, those of the one before leave, its indexes open",
  request: { params: ProfileParameter, body: jsonBody(Request) },
  responses: {
    ...answers(200, Settled, "All of it is in memory already"),
    ...answers(202, Accepted, "It is the active one, and its models follow"),
  },
});

const deactivate = createRoute({
  method: "post",
  path: "/vectors/profile/{id}/deactivate",
  tags: ["profiles"],
  summary: "Leave no profile active: the models of this one leave memory, unless they are shared",
  request: { params: ProfileParameter, body: jsonBody(Request) },
  responses: {
    ...answers(200, Settled, "They have left"),
    ...answers(202, Accepted, "It is inactive, and its models leave as soon as their server answers"),
  },
});

export function mountProfileActivationRoutes(app: OpenAPIHono, dependencies: ApiDependencies): void {
  const { store, configuration, jobs, profileAudit: audit } = dependencies;
  const { models } = configuration;
  const settle = createSettling(dependencies);
  app.openapi(activate, async (context) => {
    const request = { id: context.req.valid("param").id, actor: context.req.valid("json").actor };
    const requested = await requestActivation(request, { store, models });
    const { activation } = requested;
    await audit.append(request.id, { event: "activated", actor: request.actor, activation });
    const made = await provisionIndexes(request, { store, models, startFlow: jobs.startFlow });
    const job = await settle(request.id, requested);
    const state = { profile: request.id, activation };
    if (job === undefined && made.length === 0) return context.json(state, 200);
    const indexes = made.map(({ index, job: building }) => ({ index, ...acceptedJob(building) }));
    const followed = job ?? made[0]!.job;
    return context.json({ ...state, ...acceptedJob(followed), indexes }, 202);
  });
  app.openapi(deactivate, async (context) => {
    const request = { id: context.req.valid("param").id, actor: context.req.valid("json").actor };
    const requested = await requestDeactivation(request, store);
    const { activation } = requested;
    await audit.append(request.id, { event: "deactivated", actor: request.actor, activation });
    const job = await settle(request.id, requested);
    const state = { profile: null, activation };
    if (job === undefined) return context.json(state, 200);
    return context.json({ ...state, ...acceptedJob(job), indexes: [] }, 202);
  });
}

/** Carries an activation out at once where nothing is to be loaded, and else by a job, which it gives. */
function createSettling({ store, configuration, jobs, telemetry }: ApiDependencies) {
  const { models, gpuSlots: slotCount } = configuration;
  const slots = openGpuSlots({ redis: jobs.queues.redis, slotCount, telemetry });
  return async (profile: string, { activation, document }: RequestedActivation) => {
    const intent = newIntentId();
    if (await areLoaded(document.models, models)) {
      const signal = AbortSignal.timeout(unloadWithinMs);
      try {
        await realizeActivation({ store, models, slots, activation, job: intent, signal });
        return undefined;
      } catch (error) {
        if (!(error instanceof DomainError) || !error.retryable) throw error;
        await slots.leave(intent);
      }
    }
    const steps = [flowStep(refreshQueue, { intent, activation, profile })];
    return jobs.startFlow({ steps, actor: "http" });
  };
}

/** A model leaves memory within a second; past this its server hangs. */
const unloadWithinMs = 10_000;

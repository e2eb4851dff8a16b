import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { IndexDefinition } from "@lakefleet/lib/generation/index-definition.ts";
import { answers, jsonBody } from "@lakefleet/lib/http/answers.ts";
import { followSwitch, requestMigration, requestShadow } from "@lakefleet/lib/ingest/request-migration.ts";
import { cutOver, endMigration, rollBack, type Switched } from "@lakefleet/lib/migration/switch-model.ts";
import { EvalSetName, IndexName, IntentId } from "@lakefleet/queues/names.ts";
import type { ApiDependencies } from "./dependencies.ts";
import { AcceptedJob, acceptedJob } from "./job-schema.ts";

const IndexParameter = z.object({ name: IndexName });
const MigrationParameters = IndexParameter.extend({ id: IntentId });
const Actor = z.string().min(1).max(200).default("http");

/** A week: long enough for people to notice what figures did not show. */
const windowHoursDefault = 168;
const windowHoursMax = 24 * 365;

const begin = createRoute({
  method: "post",
  path: "/vectors/indexes/{name}/migrations",
  tags: ["migrations"],
  summary: "Begin to change an index's model: embed a sample, and predict quality, cost and time from it",
  request: {
    params: IndexParameter,
    body: jsonBody(
      z
        .strictObject({
          embedder: z.string().min(1).max(200),
          sample_share: z.number().min(0.001).max(0.2).default(0.02),
          seed: z.int().min(0).max(4_294_967_295).default(1),
          eval_set: EvalSetName.optional(),
          fusion: IndexDefinition.shape.fusion.optional(),
          actor: Actor,
          reason: z.string().min(1).max(1_000).default("requested over HTTP"),
        })
        .openapi("ModelMigrationRequest"),
    ),
  },
  responses: answers(
    202,
    AcceptedJob.extend({ migration: z.string() }).openapi("AcceptedMigration"),
    "Accepted: the job embeds the sample, and nothing but it",
  ),
});

const build = createRoute({
  method: "post",
  path: "/vectors/indexes/{name}/migrations/{id}/shadow",
  tags: ["migrations"],
  summary: "Build the shadow by the new model, or bring it up to date; what serves goes on serving",
  request: { params: MigrationParameters },
  responses: answers(
    202,
    AcceptedJob,
    "Accepted: the shadow may be compared and cut over to when the job has ended",
  ),
});

const Switch = z
  .object({
    index: z.string(),
    migration: z.string(),
    state: z.string(),
    embedder: z.string(),
    /** What serves now; null where that was done by an earlier request. */
    generation: z.string().nullable(),
    activation: z.int().nullable(),
    rollback_until: z.string().nullable(),
    /** Brings in rows that came since what serves now was built. */
    job: AcceptedJob.shape.job.nullable(),
  })
  .openapi("ModelSwitch");

const cutover = createRoute({
  method: "post",
  path: "/vectors/indexes/{name}/migrations/{id}/cutover",
  tags: ["migrations"],
  summary: "Let the shadow serve, by one commit; until the window closes one commit takes it back",
  request: {
    params: MigrationParameters,
    body: jsonBody(
      z
        .strictObject({
          window_hours: z.number().min(0).max(windowHoursMax).default(windowHoursDefault),
          actor: Actor,
        })
        .openapi("CutoverRequest"),
    ),
  },
  responses: answers(200, Switch, "What serves now"),
});

const rollback = createRoute({
  method: "post",
  path: "/vectors/indexes/{name}/migrations/{id}/rollback",
  tags: ["migrations"],
  summary: "Let what served before the cutover serve again, with its model and its vectors",
  request: { params: MigrationParameters, body: jsonBody(z.strictObject({ actor: Actor })) },
  responses: answers(200, Switch, "What serves now"),
});

const end = createRoute({
  method: "post",
  path: "/vectors/indexes/{name}/migrations/{id}/end",
  tags: ["migrations"],
  summary: "Give a migration up before its cutover, or close its window after it",
  request: { params: MigrationParameters },
  responses: answers(
    200,
    z.object({ index: z.string(), migration: z.string(), state: z.string() }),
    "The migration has ended",
  ),
});

export function mountMigrationRoutes(
  app: OpenAPIHono,
  { jobs, store, configuration, verified }: ApiDependencies,
): void {
  const { startFlow } = jobs;
  const answerSwitch = async (switched: Switched): Promise<z.infer<typeof Switch>> => {
    const { migration, activation } = switched;
    const job = await followSwitch({ store, startFlow }, switched);
    return {
      index: migration.index,
      migration: migration.id,
      state: migration.state,
      embedder: (migration.state === "rolled-back" ? migration.from : migration.to).embedderId,
      generation: activation?.generation ?? null,
      activation: activation?.activation ?? null,
      rollback_until: migration.state === "cut-over" ? (migration.cutover?.rollbackUntil ?? null) : null,
      job: job === undefined ? null : acceptedJob(job).job,
    };
  };
  app.openapi(begin, async (context) => {
    const { embedder, sample_share, seed, eval_set, ...body } = context.req.valid("json");
    // Before anything is written: a request that is refused must leave nothing behind.
    await jobs.assertAccepting(["embed"]);
    const { migration, job } = await requestMigration(
      { store, startFlow },
      {
        ...body,
        index: context.req.valid("param").name,
        embedderId: embedder,
        models: configuration.models,
        sample: { share: sample_share, seed, ...(eval_set === undefined ? {} : { evalSet: eval_set }) },
      },
    );
    return context.json({ ...acceptedJob(job), migration: migration.id }, 202);
  });
  app.openapi(build, async (context) => {
    const { name: index, id } = context.req.valid("param");
    await jobs.assertAccepting(["embed", "index"]);
    const job = await requestShadow({ store, startFlow }, { index, id, actor: "http" });
    return context.json(acceptedJob(job), 202);
  });
  app.openapi(cutover, async (context) => {
    const { name: index, id } = context.req.valid("param");
    const { actor, window_hours: windowHours } = context.req.valid("json");
    const switched = await cutOver({ store, index, id, actor, windowHours, verified });
    return context.json(await answerSwitch(switched), 200);
  });
  app.openapi(rollback, async (context) => {
    const { name: index, id } = context.req.valid("param");
    const switched = await rollBack({ store, index, id, actor: context.req.valid("json").actor, verified });
    return context.json(await answerSwitch(switched), 200);
  });
  app.openapi(end, async (context) => {
    const { name: index, id } = context.req.valid("param");
    const { state } = await endMigration({ store, index, id, actor: "http" });
    return context.json({ index, migration: id, state }, 200);
  });
}

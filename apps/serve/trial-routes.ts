import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { readDefinition } from "@lakefleet/lib/generation/definition-log.ts";
import { answers } from "@lakefleet/lib/http/answers.ts";
import { scopedBy } from "@lakefleet/lib/profile/scope/declare-scope.ts";
import { bestTrial, trialMetrics } from "@lakefleet/lib/trial/best-trial.ts";
import { comparableTrials } from "@lakefleet/lib/trial/comparable-trials.ts";
import { journalPage } from "@lakefleet/lib/trial/journal-page.ts";
import { listTrialGraphs } from "@lakefleet/lib/trial/list-trial-graphs.ts";
import { paretoFront } from "@lakefleet/lib/trial/pareto-front.ts";
import { readJournal } from "@lakefleet/lib/trial/trial-journal.ts";
import { JournalRecord, TrialRecord } from "@lakefleet/lib/trial/trial-record.ts";
import { IndexName } from "@lakefleet/queues/names.ts";
import type { ServeDependencies } from "./dependencies.ts";
import { mountParetoRoute } from "./pareto-route.ts";

const IndexParameter = z.object({ index: IndexName });

const list = createRoute({
  ...scopedBy({ indexes: ["param.index"] }),
  method: "get",
  path: "/vectors/hnsw/trials/{index}",
  tags: ["trials"],
  summary: "The trial journal of an index, newest first: trials, failures, and promotions with who and why",
  request: {
    params: IndexParameter,
    query: z.object({
      limit: z.coerce.number().int().min(1).max(1_000).default(100),
      before: z.string().max(500).optional().openapi({ description: "The next of an earlier page" }),
    }),
  },
  responses: answers(
    200,
    z
      .object({
        index: z.string(),
        records: z.array(JournalRecord),
        next: z.string().nullable(),
        total: z.int(),
      })
      .openapi("TrialJournal"),
    "A page of the journal",
  ),
});

const best = createRoute({
  ...scopedBy({ indexes: ["param.index"] }),
  method: "get",
  path: "/vectors/hnsw/trials/{index}/best",
  tags: ["trials"],
  summary: "The best trial among those that measured the same chunks with the same queries as the newest one",
  request: {
    params: IndexParameter,
    query: z.object({
      metric: z.enum(trialMetrics).default("pareto"),
      recall_floor: z.coerce.number().min(0).max(1).default(0.9),
    }),
  },
  responses: answers(
    200,
    z
      .object({
        index: z.string(),
        metric: z.enum(trialMetrics),
        recallFloor: z.number(),
        compared: z.int(),
        best: TrialRecord.nullable(),
        front: z.array(TrialRecord),
      })
      .openapi("BestTrial"),
    "The best trial, null where none reaches the floor, and the whole front of recall against p95",
  ),
});

const cache = createRoute({
  method: "get",
  path: "/vectors/hnsw/cache/stats",
  tags: ["trials"],
  summary: "Which generations are open for search, and which graphs are kept for trials",
  responses: answers(
    200,
    z
      .object({
        opened: z.array(z.object({ index: z.string(), generations: z.array(z.string()) })),
        trialGraphs: z.object({
          count: z.int(),
          byteCount: z.int(),
          graphs: z.array(
            z.object({ index: z.string(), key: z.string(), byteCount: z.int(), usedAt: z.string() }),
          ),
        }),
      })
      .openapi("VectorCache"),
    "What is kept",
  ),
});

export function mountTrialRoutes(app: OpenAPIHono, dependencies: ServeDependencies): void {
  const { store, telemetry, search } = dependencies;
  app.openapi(list, async (context) => {
    const { index } = context.req.valid("param");
    await readDefinition(store, index);
    const journal = await readJournal({ store, index, telemetry });
    return context.json({ index, ...journalPage(journal, context.req.valid("query")) }, 200);
  });
  app.openapi(best, async (context) => {
    const { index } = context.req.valid("param");
    const { metric, recall_floor: recallFloor } = context.req.valid("query");
    await readDefinition(store, index);
    const trials = comparableTrials(await readJournal({ store, index, telemetry }));
    const found = bestTrial(trials, metric, { recallFloor }) ?? null;
    const answer = { index, metric, recallFloor, compared: trials.length, best: found };
    return context.json({ ...answer, front: paretoFront(trials) }, 200);
  });
  app.openapi(cache, async (context) => {
    const graphs = await listTrialGraphs(store);
    return context.json(
      {
        opened: search.status().map(({ index, opened }) => ({ index, generations: opened })),
        trialGraphs: {
          count: graphs.length,
          byteCount: graphs.reduce((sum, { byteCount }) => sum + byteCount, 0),
          graphs: graphs.map(({ usedAtMs, ...graph }) => ({
            ...graph,
            usedAt: new Date(usedAtMs).toISOString(),
          })),
        },
      },
      200,
    );
  });
  mountParetoRoute(app, dependencies);
}

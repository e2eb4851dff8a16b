import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { activeLog } from "@lakefleet/lib/generation/active-log.ts";
import { readDefinition } from "@lakefleet/lib/generation/definition-log.ts";
import { ProblemSchema } from "@lakefleet/lib/http/problem-schema.ts";
import { scopedBy } from "@lakefleet/lib/profile/scope/declare-scope.ts";
import { comparableTrials } from "@lakefleet/lib/trial/comparable-trials.ts";
import { findChampion } from "@lakefleet/lib/trial/find-champion.ts";
import { drawPareto } from "@lakefleet/lib/trial/plot/draw-pareto.ts";
import { readJournal } from "@lakefleet/lib/trial/trial-journal.ts";
import { IndexName } from "@lakefleet/queues/names.ts";
import type { ServeDependencies } from "./dependencies.ts";

const pareto = createRoute({
  ...scopedBy({ indexes: ["param.index"] }),
  method: "get",
  path: "/vectors/hnsw/trials/{index}/pareto.svg",
  tags: ["trials"],
  summary: "Recall against p95 of the comparable trials, as a picture",
  request: { params: z.object({ index: IndexName }) },
  responses: {
    200: { description: "The picture", content: { "image/svg+xml": { schema: z.string() } } },
    default: { description: "A problem", content: { "application/problem+json": { schema: ProblemSchema } } },
  },
});

export function mountParetoRoute(app: OpenAPIHono, { store, telemetry }: ServeDependencies): void {
  app.openapi(pareto, async (context) => {
    const { index } = context.req.valid("param");
    await readDefinition(store, index);
    const journal = await readJournal({ store, index, telemetry });
    const trials = comparableTrials(journal);
    const serving = (await activeLog(store, index).head())?.document.generation;
    const champion = findChampion(journal, trials, serving);
    const svg = drawPareto({ index, trials, champion: champion?.trial });
    return context.body(svg, 200, { "content-type": "image/svg+xml; charset=utf-8" });
  });
}

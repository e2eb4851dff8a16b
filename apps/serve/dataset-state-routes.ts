import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { listFreshness } from "@lakefleet/lib/catalog/list-stale.ts";
import { answers } from "@lakefleet/lib/http/answers.ts";
import { scopedBy } from "@lakefleet/lib/profile/scope/declare-scope.ts";
import { isInScope } from "@lakefleet/lib/profile/scope/profile-scope.ts";
import { DatasetName } from "@lakefleet/queues/names.ts";
import type { ServeDependencies } from "./dependencies.ts";
import { describeLineage } from "./describe-lineage.ts";

const stale = createRoute({
  ...scopedBy({ filters: true }),
  method: "get",
  path: "/catalog/stale",
  tags: ["catalog"],
  summary: "Datasets that were not updated for longer than they may be, the longest overdue first",
  request: {
    query: z.object({
      late: z
        .enum(["0", "1"])
        .default("0")
        .openapi({ description: "1: also those whose update is due and that are not stale yet" }),
    }),
  },
  responses: answers(
    200,
    z.object({
      at: z.string(),
      expected: z.int().openapi({ description: "How many datasets have something expected of them" }),
      datasets: z.array(z.looseObject({ dataset: z.string(), state: z.enum(["late", "stale"]) })),
    }),
    "The stale datasets",
  ),
});

const lineage = createRoute({
  ...scopedBy({ datasets: ["param.name"], filters: true }),
  method: "get",
  path: "/catalog/datasets/by-name/{name}/lineage",
  tags: ["catalog"],
  summary: "Where the rows came from, by which jobs, and what was made of them",
  request: { params: z.object({ name: DatasetName }) },
  responses: answers(
    200,
    z.object({
      dataset: z.string(),
      version: z.int(),
      sources: z.array(z.looseObject({ name: z.string() })),
      indexes: z.array(z.looseObject({ index: z.string() })),
    }),
    "Source, ingest jobs, dataset, indexes",
  ),
});

export function mountDatasetStateRoutes(app: OpenAPIHono, { store }: ServeDependencies): void {
  app.openapi(stale, async (context) => {
    const now = new Date();
    const found = await listFreshness(store, now);
    const all = found.filter(({ dataset }) => isInScope(context, "datasets", dataset));
    const wanted = context.req.valid("query").late === "1" ? ["late", "stale"] : ["stale"];
    const datasets = all
      .filter(({ state }) => wanted.includes(state))
      .map(({ dataset, version, owner, state, updatedAt, staleAt, ageSeconds, expected }) => ({
        dataset,
        version,
        owner: owner ?? null,
        state: state as "late" | "stale",
        updated_at: updatedAt,
        stale_at: staleAt,
        age_seconds: ageSeconds,
        every: expected.every ?? null,
        stale_after: expected.staleAfter ?? null,
      }));
    return context.json({ at: now.toISOString(), expected: all.length, datasets }, 200);
  });
  app.openapi(lineage, async (context) => {
    const lineage = await describeLineage(store, context.req.valid("param").name);
    const indexes = lineage.indexes.filter(({ index }) => isInScope(context, "indexes", index));
    return context.json({ ...lineage, indexes }, 200);
  });
}

import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { answers } from "@lakefleet/lib/http/answers.ts";
import { scopedBy } from "@lakefleet/lib/profile/scope/declare-scope.ts";
import { isInScope } from "@lakefleet/lib/profile/scope/profile-scope.ts";
import { listStale } from "@lakefleet/lib/refresh/list-stale.ts";
import { RefreshPolicy } from "@lakefleet/lib/refresh/refresh-policy.ts";
import { DatasetName } from "@lakefleet/queues/names.ts";
import type { ServeDependencies } from "./dependencies.ts";

const StaleIndex = z
  .object({
    dataset: z.string(),
    index: z.string(),
    dataset_version: z.int(),
    served_version: z.int().nullable(),
    cause: z.enum(["rows", "definition", "unbuilt", "failed"]),
    /** Somebody went back from what was level: it follows the next write, or a refresh that is asked for. */
    taken_back: z.boolean(),
    since: z.string(),
    rows_behind: z.int(),
    policy: RefreshPolicy,
  })
  .openapi("StaleIndex");

const stale = createRoute({
  ...scopedBy({ datasets: ["query.dataset"], filters: true }),
  method: "get",
  path: "/vectors/stale",
  tags: ["indexes"],
  summary: "Indexes whose answers are not those of their dataset as it is now: since when, by how many rows",
  request: { query: z.object({ dataset: DatasetName.optional() }) },
  responses: answers(200, z.object({ stale: z.array(StaleIndex) }), "The indexes that are behind"),
});

export function mountStaleRoute(app: OpenAPIHono, { store }: ServeDependencies): void {
  app.openapi(stale, async (context) => {
    const { dataset } = context.req.valid("query");
    const found = await listStale(store, { dataset, signal: context.req.raw.signal });
    const seen = found.filter(({ index }) => isInScope(context, "indexes", index));
    const shown = seen.map(({ datasetVersion, servedVersion, rowsBehind, takenBack, ...rest }) => ({
      ...rest,
      dataset_version: datasetVersion,
      served_version: servedVersion,
      rows_behind: rowsBehind,
      taken_back: takenBack,
    }));
    return context.json({ stale: shown }, 200);
  });
}

import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { editMetadata } from "@lakefleet/lib/catalog/edit-metadata.ts";
import { resyncMissing } from "@lakefleet/lib/catalog/resync-missing.ts";
import { RowContract } from "@lakefleet/lib/dataset/contract/row-contract.ts";
import { type Freshness, freshnessProblem, Period } from "@lakefleet/lib/dataset/freshness.ts";
import { answers, jsonBody } from "@lakefleet/lib/http/answers.ts";
import { SensitiveKind } from "@lakefleet/lib/sensitivity/sensitive-kind.ts";
import { DatasetName } from "@lakefleet/queues/names.ts";
import type { ApiDependencies } from "./dependencies.ts";

const FreshnessBody = z
  .strictObject({ every: Period.optional(), stale_after: Period.optional() })
  .superRefine(({ every, stale_after: staleAfter }, context) => {
    const message = freshnessProblem({ every, staleAfter });
    if (message !== undefined) context.addIssue({ code: "custom", message, path: ["stale_after"] });
  });

const patchMetadata = createRoute({
  method: "patch",
  path: "/catalog/datasets/by-name/{name}/metadata",
  tags: ["catalog"],
  summary:
    "Say what a dataset is, whose, how fresh, how sensitive and what its rows keep to; the rows stay as they are",
  request: {
    params: z.object({ name: DatasetName }),
    body: jsonBody(
      z
        .strictObject({
          description: z.string().max(10_000).optional(),
          owner: z.string().max(200).optional(),
          tags: z.array(z.string().min(1).max(100)).max(100).optional(),
          contract: RowContract.nullable().optional(),
          freshness: FreshnessBody.nullable().optional(),
          sensitivity: z
            .array(
              z.strictObject({
                column: z.string().min(1).max(1_000),
                kinds: z.array(SensitiveKind).nullable(),
              }),
            )
            .max(1_000)
            .optional()
            .openapi({ description: "A person's word on columns, which wins; kinds null takes it back" }),
        })
        .openapi("DatasetMetadata"),
    ),
  },
  responses: answers(200, z.object({ dataset: z.string(), version: z.int() }), "The new version"),
});

const resync = createRoute({
  method: "post",
  path: "/catalog/resync-missing",
  tags: ["catalog"],
  summary: "List the datasets that no list shows, and restore counts of rows from the Parquet footers",
  responses: answers(
    200,
    z.object({
      checked: z.int(),
      listed: z.array(z.string()),
      recounted: z.array(
        z.object({ dataset: z.string(), version: z.int(), before: z.int(), after: z.int() }),
      ),
      damaged: z.array(z.object({ dataset: z.string(), reason: z.string() })),
    }),
    "What was restored, and what no count can mend",
  ),
});

export function mountCatalogRoutes(app: OpenAPIHono, { store }: ApiDependencies): void {
  app.openapi(patchMetadata, async (context) => {
    const { name } = context.req.valid("param");
    const { freshness, ...changes } = context.req.valid("json");
    const version = await editMetadata({
      store,
      dataset: name,
      changes: {
        ...changes,
        freshness: freshness === undefined || freshness === null ? freshness : storedFreshness(freshness),
      },
    });
    return context.json({ dataset: name, version: version.version }, 200);
  });
  app.openapi(resync, async (context) => context.json(await resyncMissing(store), 200));
}

function storedFreshness({ every, stale_after: staleAfter }: z.infer<typeof FreshnessBody>): Freshness {
  return {
    ...(every === undefined ? {} : { every }),
    ...(staleAfter === undefined ? {} : { staleAfter }),
  };
}

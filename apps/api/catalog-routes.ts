import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { editMetadata } from "@lakefleet/lib/catalog/edit-metadata.ts";
import { answers, jsonBody } from "@lakefleet/lib/http/answers.ts";
import { DatasetName } from "@lakefleet/queues/names.ts";
import type { ApiDependencies } from "./dependencies.ts";

const patchMetadata = createRoute({
  method: "patch",
  path: "/catalog/datasets/by-name/{name}/metadata",
  tags: ["catalog"],
  summary: "Change a dataset's description, owner or tags; the rows stay as they are",
  request: {
    params: z.object({ name: DatasetName }),
    body: jsonBody(
      z
        .strictObject({
          description: z.string().max(10_000).optional(),
          owner: z.string().max(200).optional(),
          tags: z.array(z.string().min(1).max(100)).max(100).optional(),
        })
        .openapi("DatasetMetadata"),
    ),
  },
  responses: answers(200, z.object({ dataset: z.string(), version: z.int() }), "The new version"),
});

export function mountCatalogRoutes(app: OpenAPIHono, { store }: ApiDependencies): void {
  app.openapi(patchMetadata, async (context) => {
    const { name } = context.req.valid("param");
    const version = await editMetadata({ store, dataset: name, changes: context.req.valid("json") });
    return context.json({ dataset: name, version: version.version }, 200);
  });
}

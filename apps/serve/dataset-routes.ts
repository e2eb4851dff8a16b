import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { listDatasets } from "@lakefleet/lib/catalog/list-datasets.ts";
import { PresentedDataset, presentDataset } from "@lakefleet/lib/catalog/present-dataset.ts";
import { datasetLog, readDataset } from "@lakefleet/lib/dataset/dataset-log.ts";
import { typeText } from "@lakefleet/lib/dataset/evolution/diff-columns.ts";
import { previewRows } from "@lakefleet/lib/dataset/preview-rows.ts";
import { DomainError } from "@lakefleet/lib/errors/domain-error.ts";
import { parseSnapshotReference, resolveSnapshot } from "@lakefleet/lib/generation/resolve-snapshot.ts";
import { answers } from "@lakefleet/lib/http/answers.ts";
import { scopedBy } from "@lakefleet/lib/profile/scope/declare-scope.ts";
import { isInScope } from "@lakefleet/lib/profile/scope/profile-scope.ts";
import { DatasetName, IndexName } from "@lakefleet/queues/names.ts";
import type { ServeDependencies } from "./dependencies.ts";

const DatasetParameter = z.object({ name: DatasetName });
const versionsMax = 1_000;

const list = createRoute({
  ...scopedBy({ filters: true }),
  method: "get",
  path: "/catalog/datasets",
  tags: ["catalog"],
  summary: "Every dataset",
  responses: answers(
    200,
    z.object({ datasets: z.array(z.looseObject({ dataset: z.string() })) }),
    "The datasets",
  ),
});

const read = createRoute({
  ...scopedBy({ datasets: ["param.name"] }),
  method: "get",
  path: "/catalog/datasets/by-name/{name}",
  tags: ["catalog"],
  summary:
    "The current version of a dataset: schema, files, counts, last ingest, sensitivity, contract, freshness",
  request: { params: DatasetParameter },
  responses: answers(200, PresentedDataset, "The dataset"),
});

const versions = createRoute({
  ...scopedBy({ datasets: ["param.name"] }),
  method: "get",
  path: "/catalog/datasets/by-name/{name}/versions",
  tags: ["catalog"],
  summary: "What each write did, newest first",
  request: { params: DatasetParameter },
  responses: answers(
    200,
    z.object({ versions: z.array(z.looseObject({ version: z.int() })) }),
    "The versions",
  ),
});

const rows = createRoute({
  ...scopedBy({ datasets: ["param.name"], snapshots: ["query.snapshot"] }),
  method: "get",
  path: "/catalog/datasets/by-name/{name}/rows",
  tags: ["catalog"],
  summary: "A page of the live rows, in the order they came in",
  request: {
    params: DatasetParameter,
    query: z.object({
      version: z.coerce.number().int().positive().optional(),
      snapshot: z
        .string()
        .min(1)
        .max(200)
        .optional()
        .openapi({ description: "The rows of an index's snapshot: `notes`, `notes@previous`, `notes@7`" }),
      limit: z.coerce.number().int().min(1).max(10_000).default(100),
      offset: z.coerce.number().int().min(0).default(0),
    }),
  },
  responses: answers(
    200,
    z.object({
      version: z.int(),
      columns: z.array(z.looseObject({ name: z.string() })),
      rows: z.array(z.record(z.string(), z.unknown())),
    }),
    "The rows",
  ),
});

export function mountDatasetRoutes(app: OpenAPIHono, { store }: ServeDependencies): void {
  app.openapi(list, async (context) => {
    const datasets = await listDatasets(store);
    const shown = datasets.filter(({ dataset }) => isInScope(context, "datasets", dataset));
    return context.json({ datasets: shown }, 200);
  });
  app.openapi(read, async (context) =>
    context.json(presentDataset(await readDataset(store, context.req.valid("param").name), new Date()), 200),
  );
  app.openapi(versions, async (context) => {
    const { name } = context.req.valid("param");
    await readDataset(store, name);
    const found = [];
    for await (const commit of datasetLog(store, name).history({ limit: versionsMax })) {
      const { version, rowCount, ingest, columns, evolution } = commit.document;
      const schema = columns.map((column) => `${column.name} ${typeText(column)}`);
      found.push({
        version,
        row_count: rowCount,
        at: commit.at,
        columns: schema,
        ingest,
        evolution: evolution ?? null,
      });
    }
    return context.json({ versions: found }, 200);
  });
  app.openapi(rows, async (context) => {
    const { name } = context.req.valid("param");
    const { snapshot, ...page } = context.req.valid("query");
    const pin =
      snapshot === undefined ? page.version : await pinnedVersion(store, { name, snapshot, ...page });
    const preview = await previewRows({ store, name, ...page, version: pin });
    return context.json({ version: preview.version, columns: preview.columns, rows: preview.rows }, 200);
  });
}

/** The dataset version of the snapshot, which must be one of this dataset. */
async function pinnedVersion(
  store: ServeDependencies["store"],
  pin: { name: string; snapshot: string; version?: number | undefined },
): Promise<number> {
  const { index, name } = parseSnapshotReference(pin.snapshot);
  if (pin.version !== undefined) throw invalid("Rows are of a version or of a snapshot, not of both.");
  if (!IndexName.safeParse(index).success) throw invalid("A snapshot is an index's name, @, and which one.");
  const snapshot = await resolveSnapshot(store, index, name);
  if (snapshot.dataset === pin.name) return snapshot.datasetVersion;
  throw invalid(`The index ${index} is over the dataset ${snapshot.dataset}, not ${pin.name}.`);
}

function invalid(message: string): DomainError {
  return new DomainError({ kind: "invalid", type: "snapshot-reference", field: "snapshot", message });
}

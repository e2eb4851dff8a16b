import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { DomainError } from "@lakefleet/lib/errors/domain-error.ts";
import { Accounting } from "@lakefleet/lib/generation/accounting.ts";
import { listIndexes } from "@lakefleet/lib/generation/definition-log.ts";
import { LifecycleState } from "@lakefleet/lib/generation/lifecycle.ts";
import { listGenerations } from "@lakefleet/lib/generation/list-generations.ts";
import { listMissing } from "@lakefleet/lib/generation/list-missing.ts";
import { listSnapshots } from "@lakefleet/lib/generation/resolve-snapshot.ts";
import { answers } from "@lakefleet/lib/http/answers.ts";
import { scopedBy } from "@lakefleet/lib/profile/scope/declare-scope.ts";
import { isInScope } from "@lakefleet/lib/profile/scope/profile-scope.ts";
import { IndexName } from "@lakefleet/queues/names.ts";
import type { ServeDependencies } from "./dependencies.ts";
import { describeIndex } from "./describe-index.ts";

const IndexParameter = z.object({ name: IndexName });

const MissingRow = z.object({
  row_id: z.int(),
  doc_id: z.string(),
  state: z.enum(["pending", "failed", "excluded"]),
  reason: z.string(),
});

const IndexDescription = z
  .object({
    name: z.string(),
    state: LifecycleState,
    state_reason: z.string(),
    /** The open request that will change what serves. */
    job: z.string().nullable(),
    dataset: z.string(),
    dataset_version: z.int(),
    backend: z.enum(["hnsw", "lance"]),
    embedder: z.string(),
    active: z.string().nullable(),
    /** True where what is active has no certificate and serves because somebody said so. */
    forced: z.boolean(),
    generations: z.array(z.string()),
    accounting: Accounting,
    missing: z.array(MissingRow).optional(),
    missing_next: z.int().nullable().optional(),
  })
  .openapi("Index");

const list = createRoute({
  ...scopedBy({ filters: true }),
  method: "get",
  path: "/vectors/indexes",
  tags: ["indexes"],
  summary: "Every index with its books",
  responses: answers(
    200,
    z.object({
      indexes: z.array(IndexDescription),
      damaged: z.array(z.object({ name: z.string(), type: z.string(), detail: z.string() })),
    }),
    "The indexes, and those that cannot be described because something of them is damaged",
  ),
});

const read = createRoute({
  ...scopedBy({ indexes: ["param.name"] }),
  method: "get",
  path: "/vectors/indexes/{name}",
  tags: ["indexes"],
  summary: "One index: what serves, and where every row of its dataset is",
  request: {
    params: IndexParameter,
    query: z.object({
      missing: z
        .enum(["0", "1"])
        .default("0")
        .openapi({ description: "1: name each row that is not indexed" }),
      after: z.coerce.number().int().min(0).optional().openapi({ description: "Continue after this row_id" }),
      limit: z.coerce.number().int().min(1).max(10_000).default(1_000),
    }),
  },
  responses: answers(200, IndexDescription, "The index"),
});

const generations = createRoute({
  ...scopedBy({ indexes: ["param.name"] }),
  method: "get",
  path: "/vectors/indexes/{name}/generations",
  tags: ["indexes"],
  summary: "The index's generations, newest first",
  request: { params: IndexParameter },
  responses: answers(
    200,
    z.object({ generations: z.array(z.looseObject({ generation: z.string() })) }),
    "The generations",
  ),
});

const Snapshots = z
  .object({
    snapshots: z.array(
      z.object({
        names: z.array(z.string()),
        activation: z.int(),
        generation: z.string(),
        dataset: z.string(),
        dataset_version: z.int(),
        at: z.string(),
        reason: z.string(),
        actor: z.string(),
      }),
    ),
  })
  .openapi("Snapshots");

const snapshots = createRoute({
  ...scopedBy({ indexes: ["param.name"] }),
  method: "get",
  path: "/vectors/indexes/{name}/snapshots",
  tags: ["indexes"],
  summary:
    "What the index has served and still keeps: each generation with the rows it belongs to, newest first",
  request: {
    params: IndexParameter,
    query: z.object({ limit: z.coerce.number().int().min(1).max(1_000).default(100) }),
  },
  responses: answers(200, Snapshots, "The snapshots"),
});

export function mountIndexRoutes(app: OpenAPIHono, { store, work }: ServeDependencies): void {
  app.openapi(list, async (context) => {
    const names = (await listIndexes(store)).filter((name) => isInScope(context, "indexes", name));
    const open = await work?.();
    const indexes = [];
    const damaged = [];
    for (const name of names) {
      try {
        indexes.push(await describeIndex(store, name, open?.get(name)));
      } catch (error) {
        if (!(error instanceof DomainError)) throw error;
        damaged.push({ name, type: error.type, detail: error.message });
      }
    }
    return context.json({ indexes, damaged }, 200);
  });
  app.openapi(read, async (context) => {
    const { name } = context.req.valid("param");
    const { missing, after, limit } = context.req.valid("query");
    const description = await describeIndex(store, name, (await work?.())?.get(name));
    if (missing === "0") return context.json(description, 200);
    const rows = [];
    for await (const row of listMissing({
      store,
      index: name,
      limit,
      ...(after === undefined ? {} : { after }),
    })) {
      rows.push({ row_id: row.rowId, doc_id: row.docId, state: row.state, reason: row.reason });
    }
    const next = rows.length === limit ? (rows.at(-1)?.row_id ?? null) : null;
    return context.json({ ...description, missing: rows, missing_next: next }, 200);
  });
  app.openapi(snapshots, async (context) => {
    const found = await listSnapshots(
      store,
      context.req.valid("param").name,
      context.req.valid("query").limit,
    );
    const shown = found.map(({ index: _index, datasetVersion, ...rest }) => ({
      ...rest,
      dataset_version: datasetVersion,
    }));
    return context.json({ snapshots: shown }, 200);
  });
  app.openapi(generations, async (context) => {
    const { name } = context.req.valid("param");
    return context.json({ generations: await listGenerations({ store, index: name }) }, 200);
  });
}

import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { dataLayout } from "@lakefleet/config/layout.ts";
import { datasetLog, readDataset } from "@lakefleet/lib/dataset/dataset-log.ts";
import { scanRows } from "@lakefleet/lib/dataset/scan-rows.ts";
import { type LocalStore, openLocalStore } from "@lakefleet/lib/storage/local-store.ts";
import { openSecrets } from "@lakefleet/lib/storage/secrets.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type DatabaseServer, startDatabase } from "../support/database-server.ts";
import { type FaultLake, openFaultLake, roles } from "../support/fault-lake.ts";
import { endOf, type JobView, jobUrlOf, postJson, readJob, send } from "../support/lake-client.ts";
import { waitFor } from "../support/wait-for.ts";

let lake: FaultLake;
let store: LocalStore;
let server: DatabaseServer;
let mysql: DatabaseServer;

beforeAll(async () => {
  [lake, server, mysql] = await Promise.all([
    openFaultLake(),
    startDatabase("postgres"),
    startDatabase("mysql"),
  ]);
  await lake.startTogether([...roles, "refresh"]);
  store = await openLocalStore({ name: "primary", root: dataLayout(lake.dataFolder).bucket });
  const secrets = openSecrets({ folder: dataLayout(lake.dataFolder).secrets, environment: {} });
  await secrets.write("shop", server.dsn("postgres"));
  await server.run(
    "postgres",
    `CREATE TABLE products (id int8 PRIMARY KEY, title text, price numeric(8,2), changed timestamptz NOT NULL);
     INSERT INTO products SELECT i, 'a bicycle of kind ' || i, i * 1.5, timestamptz '2024-01-01' + i * interval '1 hour'
     FROM generate_series(1, 200) i`,
  );
}, 180_000);
afterAll(() => Promise.all([lake.close(), server.stop(), mysql.stop()]));

async function ingest(route: "/ingest/db" | "/ingest/mysql", body: object): Promise<JobView> {
  return endOf(lake.url("api"), jobUrlOf(await postJson(lake.url("api"), route, body)));
}

/** What the first step of the job says of its rows. */
async function countsOf(job: JobView): Promise<unknown> {
  expect(job).toMatchObject({ state: "completed", error: null });
  const [first] = job.children;
  const step = first === undefined ? job : await readJob(lake.url("api"), `/jobs/${first.queue}/${first.id}`);
  const { rows, rowsAdded, rowsUpdated, rowsRemoved } = step.result as Record<string, number>;
  return { rows, rowsAdded, rowsUpdated, rowsRemoved };
}

async function find(index: string, query: string): Promise<string[]> {
  const answer = await postJson(lake.url("serve"), "/vectors/search", {
    index,
    query,
    k: 3,
    mode: "lexical",
  });
  expect(answer.status, answer.text).toBe(200);
  return JSON.parse(answer.text).hits.map((hit: { doc_id: string }) => hit.doc_id);
}

async function rowsOf(dataset: string, columns: string[]): Promise<Map<unknown, unknown>> {
  const version = await readDataset(store, dataset);
  const found = new Map<unknown, unknown>();
  for await (const { rows } of scanRows({ store, version, columns, batchSize: 1_000 })) {
    for (const row of rows) found.set(row[columns[0]!], row[columns[1]!]);
  }
  return found;
}

/** No file of the lake holds the password, but for those of the secrets. */
async function expectNoPassword(): Promise<void> {
  for (const entry of await readdir(lake.dataFolder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.parentPath.endsWith("secrets")) continue;
    const content = await readFile(path.join(entry.parentPath, entry.name)).catch(() => Buffer.alloc(0));
    expect(content.includes("s3cret-Pass"), path.join(entry.parentPath, entry.name)).toBe(false);
  }
}

describe("a table of PostgreSQL", () => {
  test("becomes a dataset and an index, and the DSN that came with the request is gone", async () => {
    const job = await ingest("/ingest/db", {
      dsn: server.dsn("postgres"),
      table: "products",
      dataset: "products",
      id_column: "id",
      text_columns: ["title"],
      metadata_columns: "price",
    });
    expect(await countsOf(job)).toEqual({ rows: 200, rowsAdded: 200, rowsUpdated: 0, rowsRemoved: 0 });
    expect(await find("products", "bicycle 117")).toContain("117");
    const { ingest: written } = await readDataset(store, "products");
    expect(written.source).toEqual({
      kind: "database",
      name: `postgres://127.0.0.1:${server.port}/postgres/products`,
      format: "postgres",
    });
    expect(await readdir(dataLayout(lake.dataFolder).secrets)).toEqual(["shop"]);
    await expectNoPassword();
  });

  test("is kept in step by its cursor: what changed, what came at the same time, and what went", async () => {
    const body = { secret: "shop", table: "products", dataset: "synced", cursor: "changed", index: "none" };
    expect(await countsOf(await ingest("/ingest/db", body))).toMatchObject({ rows: 200, rowsAdded: 200 });
    await server.run(
      "postgres",
      `UPDATE products SET title = 'a tandem', changed = '2025-01-01' WHERE id = 7;
       INSERT INTO products SELECT 201, 'a tie', 1, max(changed) FROM products WHERE id <> 7;
       DELETE FROM products WHERE id IN (1, 2)`,
    );
    expect(await countsOf(await ingest("/ingest/db", body))).toEqual({
      rows: 199,
      rowsAdded: 1,
      rowsUpdated: 1,
      rowsRemoved: 2,
    });
    const truth = await server.rows("postgres", "SELECT id, title FROM products");
    expect(await rowsOf("synced", ["id", "title"])).toEqual(
      new Map(truth.map(([id, title]) => [Number(id), title])),
    );
    expect(await countsOf(await ingest("/ingest/db", body))).toMatchObject({
      rows: 199,
      rowsAdded: 0,
      rowsUpdated: 0,
    });
  });

  test("whose server refuses the login fails at once with what was tried, and without the password", async () => {
    const { error, state } = await ingest("/ingest/db", {
      dsn: server.dsn("nowhere"),
      table: "products",
      dataset: "refused",
    });
    expect(state).toBe("failed");
    expect(error).toMatchObject({ type: "database-login", status: 403 });
    expect(error?.detail).toContain(`postgres://127.0.0.1:${server.port}/nowhere`);
    await expectNoPassword();
  });
});

test("a query of MariaDB becomes a dataset and an index", async () => {
  await mysql.run(
    "test",
    "CREATE TABLE notes (id int PRIMARY KEY, body text); INSERT INTO notes VALUES (1, 'a red kite'), (2, 'a blue boat')",
  );
  const job = await ingest("/ingest/mysql", {
    dsn: mysql.dsn("test"),
    query: "SELECT id, body, length(body) AS size FROM notes",
    dataset: "notes",
    id_column: "id",
    text_columns: "body",
  });
  expect(await countsOf(job)).toMatchObject({ rows: 2, rowsAdded: 2 });
  expect(await find("notes", "kite")).toEqual(["1"]);
});

describe("a schedule", () => {
  test("ingests by the clock, survives FLUSHALL and is removed", async () => {
    const body = {
      name: "each-second",
      cron: "* * * * * *",
      work: {
        kind: "ingest",
        from: "postgres",
        secret: "shop",
        table: "products",
        dataset: "scheduled",
        mode: "replace",
      },
    };
    const set = await postJson(lake.url("api"), "/ingest/schedules", body);
    expect(set.status, set.text).toBe(200);
    const head = () => datasetLog(store, "scheduled").head();
    const first = await waitFor("the dataset", 30_000, head);
    expect(first.document.rowCount).toBe((await server.rows("postgres", "SELECT id FROM products")).length);
    await lake.redis.command("FLUSHALL");
    await server.run("postgres", "INSERT INTO products VALUES (900, 'after the flush', 1, now())");
    await waitFor("a run after the flush", 30_000, async () =>
      (await rowsOf("scheduled", ["id", "title"])).has(900),
    );
    const list = JSON.parse((await send(lake.url("api"), "/ingest/schedules")).text);
    expect(list.schedules).toMatchObject([{ name: "each-second", timezone: "UTC" }]);
    const removed = await send(lake.url("api"), "/ingest/schedules/each-second", { method: "DELETE" });
    expect(removed.status).toBe(200);
    expect(JSON.parse((await send(lake.url("api"), "/ingest/schedules")).text)).toEqual({ schedules: [] });
  });
});

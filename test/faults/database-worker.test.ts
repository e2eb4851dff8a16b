import { dataLayout } from "@lakefleet/config/layout.ts";
import { readDataset } from "@lakefleet/lib/dataset/dataset-log.ts";
import { scanRows } from "@lakefleet/lib/dataset/scan-rows.ts";
import { type LocalStore, openLocalStore } from "@lakefleet/lib/storage/local-store.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startCuttingProxy } from "../support/cutting-proxy.ts";
import { type DatabaseServer, startDatabase } from "../support/database-server.ts";
import { type FaultLake, openFaultLake } from "../support/fault-lake.ts";
import { findDamage } from "../support/fault-run.ts";
import { endOf, jobUrlOf, postJson, send } from "../support/lake-client.ts";
import { waitFor } from "../support/wait-for.ts";

const rowCount = 400;
/** Small, so that the third batch lies in the middle of the first read and of the one that follows the changes. */
const batchSize = 50;

const tables = {
  postgres: `CREATE TABLE notes (id int8 PRIMARY KEY, changed timestamp NOT NULL, body text);
    INSERT INTO notes SELECT i, timestamp '2024-01-01' + (i / 3) * interval '1 second', 'note of word' || i
    FROM generate_series(1, ${rowCount}) i`,
  mysql: `CREATE TABLE notes (id bigint PRIMARY KEY, changed datetime NOT NULL, body text);
    INSERT INTO notes SELECT seq, timestamp('2024-01-01') + interval floor(seq / 3) second, concat('note of word', seq)
    FROM seq_1_to_${rowCount}`,
};
const routes = { postgres: "/ingest/db", mysql: "/ingest/mysql" };

let lake: FaultLake;
let store: LocalStore;
beforeAll(async () => {
  lake = await openFaultLake();
  await Promise.all([lake.startTogether(["api", "serve", "embed", "index"]), lake.start("ingest")]);
  store = await openLocalStore({ name: "primary", root: dataLayout(lake.dataFolder).bucket });
}, 120_000);
afterAll(() => lake.close());

describe.each(["postgres", "mysql"] as const)("a table of %s", (engine) => {
  const database = engine === "postgres" ? "postgres" : "test";
  let server: DatabaseServer;
  beforeAll(async () => {
    server = await startDatabase(engine);
    await server.run(database, tables[engine]);
  });
  afterAll(() => server.stop());

  const ingest = async (dataset: string, dsn = server.dsn(database)) => {
    const request = { dsn, table: "notes", dataset, cursor: "changed", batch_size: batchSize };
    const texts = { id_column: "id", text_columns: "body" };
    return jobUrlOf(await postJson(lake.url("api"), routes[engine], { ...request, ...texts }));
  };
  const expectWhole = async (dataset: string, url: string) => {
    expect(await endOf(lake.url("api"), url)).toMatchObject({ state: "completed" });
    const truth = await server.rows(database, "SELECT id, body FROM notes");
    expect(await bodiesOf(dataset)).toEqual(truth.map((row) => row.join(" ")).sort());
    const { text } = await send(lake.url("serve"), `/vectors/indexes/${dataset}`);
    const { accounting } = JSON.parse(text);
    expect(accounting).toMatchObject({ rows: truth.length, indexed: truth.length, balanced: true });
  };

  test("whose reader is killed after some batches, and again at the next read, is there once", async () => {
    for (const word of ["first", "second"]) {
      await lake.arm("ingest", { name: "ingest.while-reading", pass: 3 });
      const url = await ingest(engine);
      await waitFor("the worker to be killed", 60_000, () => !lake.isRunning("ingest"));
      await lake.start("ingest");
      await expectWhole(engine, url);
      await server.run(database, changesOf(word));
    }
    // What was read up to is not ahead of what was committed.
    await expectWhole(engine, await ingest(engine));
    expect(await findDamage(lake, [])).toEqual([]);
  });

  test("whose server is killed in mid-stream and comes back is there once", async () => {
    let restarted: Promise<void> | undefined;
    const restart = () => {
      restarted = server.kill().then(() => server.start());
    };
    const proxy = await startCuttingProxy({ to: server.port, cutAfterBytes: [12_000], onCut: restart });
    try {
      const url = await ingest(`${engine}-restarted`, server.dsn(database, proxy.port));
      await proxy.wasCut;
      await restarted;
      await expectWhole(`${engine}-restarted`, url);
      expect(await findDamage(lake, [])).toEqual([]);
    } finally {
      await restarted;
      await proxy.close();
    }
  });
});

/** One row leaves, one comes, and more of them change than three batches hold. */
function changesOf(word: string): string {
  return `DELETE FROM notes WHERE id = (SELECT id FROM (SELECT min(id) AS id FROM notes) AS oldest);
    INSERT INTO notes SELECT max(id) + 1, max(changed), '${word} is new' FROM notes;
    UPDATE notes SET body = concat('${word} of ', id), changed = changed + interval '1' hour WHERE id % 2 = 0`;
}

async function bodiesOf(dataset: string): Promise<string[]> {
  const version = await readDataset(store, dataset);
  const bodies: string[] = [];
  for await (const { rows } of scanRows({ store, version, columns: ["id", "body"], batchSize: 1_000 })) {
    for (const row of rows) bodies.push(`${row["id"]} ${row["body"]}`);
  }
  return bodies.sort();
}

import { afterAll, beforeAll, expect, test } from "vitest";
import { type Ended, jsonOf, runLakefleet } from "../support/command-line.ts";
import { type DatabaseServer, startDatabase } from "../support/database-server.ts";
import { type StartedFleet, startFleet } from "../support/started-fleet.ts";
import { waitFor } from "../support/wait-for.ts";

let server: DatabaseServer;
let fleet: StartedFleet;
let url: string;

beforeAll(async () => {
  server = await startDatabase("postgres");
  await server.run(
    "postgres",
    `CREATE TABLE products (id int8 PRIMARY KEY, title text, changed timestamptz NOT NULL);
     INSERT INTO products SELECT i, 'a bicycle of kind ' || i, timestamptz '2024-01-01' + i * interval '1 hour'
     FROM generate_series(1, 20) i`,
  );
  fleet = await startFleet({ environment: { LAKEFLEET_SECRET_shop: server.dsn("postgres") } });
  url = await fleet.ready();
}, 180_000);
afterAll(async () => {
  await fleet.clean();
  await server.stop();
});

function lakefleet(...words: string[]): Promise<Ended> {
  return runLakefleet({ url, dataFolder: fleet.dataFolder }, words);
}

async function json(...words: string[]): Promise<unknown> {
  return jsonOf(await lakefleet("--json", ...words));
}

const table = ["--table", "products", "--dataset", "products"];

test("a table comes in by its DSN, then what has changed by a secret's name, and is found", async () => {
  const first = ["--id-column", "id", "--key", "id", "--text-columns", "title", "--cursor", "changed"];
  expect(await json("ingest", "--db", server.dsn("postgres"), ...table, ...first)).toMatchObject({
    state: "completed",
    ingest: { dataset: "products", rows: 20, rowsAdded: 20 },
  });
  await server.run("postgres", "INSERT INTO products VALUES (21, 'a tandem', '2025-01-01')");
  const secret = ["--secret", "shop", "--engine", "postgres"];
  const again = await lakefleet("ingest", ...secret, ...table, "--cursor", "changed", "--key", "id");
  expect([again.code, again.stderr]).toEqual([0, ""]);
  expect(again.stdout).toMatch(/^products: 1 added, .*; version 2 has 21 rows, searchable/);
  expect(await json("search", "products", "tandem", "-k", "1")).toMatchObject({ hits: [{ doc_id: "21" }] });
});

test("what is no table, no secret and no server ends with one line that does not hold the password", async () => {
  const dsn = server.dsn("postgres");
  for (const words of [
    ["--db", dsn, "--table", "nowhere", "--dataset", "x"],
    ["--secret", "none", "--engine", "postgres", ...table],
    ["--db", dsn.replace("postgres:", "oracle:"), ...table],
    ["package.json", "--db", dsn, ...table],
  ]) {
    const { code, stdout, stderr } = await lakefleet("ingest", ...words);
    expect([words, code > 0, stdout]).toEqual([words, true, ""]);
    expect(stderr).toMatch(/^lakefleet: [^\n]+\n$/);
    expect(stderr).not.toContain("s3cret-Pass");
  }
});

test("a schedule is set, runs by its secret, is listed with when it ran, and is removed", async () => {
  const work = {
    kind: "ingest",
    from: "postgres",
    secret: "shop",
    table: "products",
    dataset: "nightly",
    mode: "replace",
  };
  const cron = ["--cron", "* * * * * *", "--work", JSON.stringify(work)];
  const set = await lakefleet("schedules", "set", "each-second", ...cron);
  expect([set.code, set.stdout]).toEqual([
    0,
    expect.stringMatching(/^each-second: \* \* \* \* \* \* \(UTC\), ingest; next 20/),
  ]);
  await server.run("postgres", "INSERT INTO products VALUES (22, 'a unicycle', '2025-01-02')");
  await waitFor("the rows that the schedule brings", 60_000, async () => {
    const { stdout } = await lakefleet("--json", "dataset", "nightly");
    return stdout.startsWith("{") && JSON.parse(stdout).rowCount === 22;
  });
  expect(await json("schedules")).toMatchObject({
    schedules: [{ name: "each-second", timezone: "UTC", work, last: expect.stringMatching(/^20/) }],
  });
  expect(await json("schedules", "remove", "each-second")).toEqual({ removed: "each-second" });
  expect(await json("schedules")).toEqual({ schedules: [] });
  const wrong = await lakefleet("schedules", "set", "never", "--cron", "61 * * * *", "--work", "{}");
  expect([wrong.code, wrong.stdout]).toEqual([2, ""]);
});

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startCuttingProxy } from "../support/cutting-proxy.ts";
import { type DatabaseServer, startDatabase } from "../support/database-server.ts";
import { readRelation } from "../support/read-extraction.ts";

/** Few in `npm test`; `npm run faults -- --runs 50` for more. */
const runs = Math.min(Number(process.env.LAKEFLEET_FAULT_RUNS ?? 6), 200);
const firstSeed = Number(process.env.LAKEFLEET_FAULT_SEED ?? 1);
const rowCount = 20_000;

/** The same places for the same seed: none to three cuts anywhere in about the bytes that the rows take. */
function cutsOf(seed: number): number[] {
  let state = seed * 2_654_435_761;
  const next = () => {
    state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + 374_761_393) >>> 0;
    return state / 4_294_967_296;
  };
  return Array.from({ length: 1 + Math.floor(next() * 3) }, () => Math.floor(next() * 1_200_000));
}

const tables = {
  postgres: `CREATE TABLE events (id int8 PRIMARY KEY, at timestamp, note text);
    INSERT INTO events SELECT i, timestamp '2024-01-01' + (i / 3) * interval '1 second', 'note ' || md5(i::text)
    FROM generate_series(1, ${rowCount}) i`,
  mysql: `CREATE TABLE events (id bigint PRIMARY KEY, at datetime, note text);
    INSERT INTO events SELECT seq, timestamp('2024-01-01') + interval floor(seq / 3) second, concat('note ', md5(seq))
    FROM seq_1_to_${rowCount}`,
};

describe.each(["postgres", "mysql"] as const)("%s", (engine) => {
  const database = engine === "postgres" ? "postgres" : "test";
  let server: DatabaseServer;
  let whole: string[];
  beforeAll(async () => {
    server = await startDatabase(engine);
    await server.run(database, tables[engine]);
    const { rows } = await readRelation(server, database, { from: { table: "events" } });
    whole = rows.map((row) => row.join("|")).sort();
    expect(new Set(whole).size).toBe(rowCount);
  });
  afterAll(() => server.stop());

  test.each(Array.from({ length: runs }, (_, run) => firstSeed + run))(
    "a connection cut by seed %i gives every row once",
    async (seed) => {
      const proxy = await startCuttingProxy({ to: server.port, cutAfterBytes: cutsOf(seed) });
      try {
        const from = { table: "events" };
        const { rows } = await readRelation(server, database, { from }, { port: proxy.port });
        expect(rows.map((row) => row.join("|")).sort()).toEqual(whole);
      } finally {
        await proxy.close();
      }
    },
  );

  test.each(Array.from({ length: runs }, (_, run) => firstSeed + run))(
    "a read by a cursor that is cut by seed %i goes on and has every key with its last row",
    async (seed) => {
      const proxy = await startCuttingProxy({ to: server.port, cutAfterBytes: cutsOf(seed) });
      try {
        const source = { from: { table: "events" }, cursor: { column: "at" } };
        const { rows, extraction } = await readRelation(server, database, source, {
          port: proxy.port,
          key: "id",
        });
        const byKey = new Map(rows.map((row) => [row[0], row.join("|")]));
        expect([...byKey.values()].sort()).toEqual(whole);
        expect(extraction.watermark).toBe("2024-01-01 01:51:06");
      } finally {
        await proxy.close();
      }
    },
  );

  test("rows that change and go while the connection is cut are as the last snapshot has them", async () => {
    const proxy = await startCuttingProxy({ to: server.port, cutAfterBytes: [600_000] });
    const changes = `DELETE FROM events WHERE id <= 10; UPDATE events SET note = 'changed', at = '2025-01-01' WHERE id = 20;
      INSERT INTO events VALUES (${rowCount + 1}, '2025-01-02', 'new')`;
    try {
      const source = { from: { table: "events" }, cursor: { column: "at" } };
      // The first read has all that it gets before the cut, and the change comes before it may connect again.
      const reading = readRelation(server, database, source, { port: proxy.port, key: "id" });
      await Promise.all([reading, changeOnceCut(proxy, () => server.run(database, changes))]);
      const byKey = new Map((await reading).rows.map((row) => [row[0], row.join("|")]));
      const now = await readRelation(server, database, { from: { table: "events" } });
      expect([...byKey.values()].sort()).toEqual(now.rows.map((row) => row.join("|")).sort());
    } finally {
      await proxy.close();
    }
  });

  test("a server that is killed in mid-stream and comes back gives every row once", async () => {
    const now = await readRelation(server, database, { from: { table: "events" } });
    let restarted: Promise<void> | undefined;
    const restart = () => {
      restarted = server.kill().then(() => server.start());
    };
    const proxy = await startCuttingProxy({ to: server.port, cutAfterBytes: [500_000], onCut: restart });
    try {
      const { rows } = await readRelation(
        server,
        database,
        { from: { table: "events" } },
        { port: proxy.port },
      );
      expect(rows.map((row) => row.join("|")).sort()).toEqual(now.rows.map((row) => row.join("|")).sort());
      expect(proxy.connections()).toBeGreaterThan(1);
    } finally {
      await restarted;
      await proxy.close();
    }
  });
});

async function changeOnceCut(proxy: { wasCut: Promise<void> }, change: () => Promise<void>): Promise<void> {
  await proxy.wasCut;
  await change();
}

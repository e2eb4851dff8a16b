import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { DomainError } from "@lakefleet/lib/errors/domain-error.ts";
import { gateGeneration } from "@lakefleet/lib/gate/gate-generation.ts";
import { accountIndex } from "@lakefleet/lib/generation/account-index.ts";
import { activeLog } from "@lakefleet/lib/generation/active-log.ts";
import { collectGenerations } from "@lakefleet/lib/generation/collect-generations.ts";
import { generationPrefix } from "@lakefleet/lib/generation/generation-keys.ts";
import { IndexPolicy, policyLog } from "@lakefleet/lib/generation/index-policy.ts";
import { listGenerations } from "@lakefleet/lib/generation/list-generations.ts";
import { listMissing } from "@lakefleet/lib/generation/list-missing.ts";
import { promoteGeneration } from "@lakefleet/lib/generation/promote-generation.ts";
import { rollbackGeneration } from "@lakefleet/lib/generation/rollback-generation.ts";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type IndexedLake, madeUpRows, openIndexedLake } from "../support/indexed-lake.ts";

let lake: IndexedLake;
/** Three generations that have passed the gate, none of them promoted; each test has a copy of as many as it needs. */
const prepared: IndexedLake[] = [];
let [a, b, c] = ["", "", ""];
beforeAll(async () => {
  const build = async (tag: string) => {
    const before = prepared.at(-1);
    lake = before === undefined ? await openIndexedLake() : await before.copy();
    prepared.push(lake);
    return buildNext(tag);
  };
  a = await build("a");
  b = await build("b");
  c = await build("c");
});
afterAll(() => Promise.all(prepared.map((one) => one.remove())));
beforeEach(async () => {
  lake = await openIndexedLake();
});
afterEach(() => lake.remove());

const target = (generation: string) => ({ store: lake.store, index: "i", generation });
const asJob = (generation: string, intent: string) =>
  promoteGeneration({ ...target(generation), reason: "built", actor: intent, by: "job" });
const asPerson = (generation: string) =>
  promoteGeneration({ ...target(generation), reason: "because", actor: "http", by: "person" });
const rollback = (generation?: string) =>
  rollbackGeneration({ store: lake.store, index: "i", generation, reason: "oops", actor: "http" });

/** Goes on with the lake that holds so many of the prepared generations. */
async function start(generationCount: 1 | 2 | 3): Promise<void> {
  await lake.remove();
  const found = prepared[generationCount - 1];
  if (found === undefined) throw new Error("nothing was prepared");
  lake = await found.copy();
}

async function buildNext(tag: string): Promise<string> {
  await lake.write(madeUpRows(60, tag));
  await lake.embed();
  const { manifest } = await lake.build();
  await gateGeneration(target(manifest.generation));
  return manifest.generation;
}

function rewriteManifest(generation: string, change: (manifest: Record<string, unknown>) => void): void {
  const file = path.join(lake.store.root, generationPrefix("i", generation), "manifest.json");
  const manifest = JSON.parse(readFileSync(file, "utf8"));
  change(manifest);
  writeFileSync(file, JSON.stringify(manifest));
}

describe("the gate", () => {
  test("names what failed and by how much, and such a generation is not promoted", async () => {
    await lake.write(madeUpRows(60));
    await lake.embed();
    const { manifest } = await lake.build();
    const { generation } = manifest;
    rewriteManifest(generation, (changed) => {
      changed.accounting = { ...manifest.accounting, indexed: 59, pending: 1 };
    });
    const failure: unknown = await gateGeneration(target(generation)).catch((error) => error);
    expect(failure).toMatchObject({ kind: "conflict", type: "gate-failed" });
    expect(failure instanceof DomainError && failure.message).toMatch(
      /books: .*"indexed":59.* instead of .*"indexed":60/,
    );
    await expect(asJob(generation, "one")).rejects.toMatchObject({ type: "gate-failed" });
  });

  test("finds its own verdict the second time, but not for a manifest that changed since", async () => {
    await start(1);
    expect((await gateGeneration(target(a))).reused).toBe(true);
    rewriteManifest(a, (manifest) => {
      manifest.builtAt = new Date(0).toISOString();
    });
    await expect(asJob(a, "one")).rejects.toMatchObject({ type: "gate-missing" });
    expect((await gateGeneration(target(a))).reused).toBe(false);
    expect((await asJob(a, "one")).activation).toBe(1);
  });

  test("of a generation that does not exist is generation-missing, whatever it is called", async () => {
    for (const name of ["g00000001-0000000000000000", "../../d", "", "manifest.json"]) {
      await expect(gateGeneration(target(name))).rejects.toMatchObject({ type: "generation-missing" });
      await expect(asPerson(name)).rejects.toMatchObject({ type: "generation-missing" });
    }
  });
});

describe("promotion", () => {
  test("of what serves already commits nothing", async () => {
    await start(1);
    expect(await asJob(a, "one")).toMatchObject({
      generation: a,
      activation: 1,
      previous: null,
      reused: false,
    });
    expect(await asJob(a, "one")).toMatchObject({ generation: a, activation: 1, reused: true });
    expect(await asPerson(a)).toMatchObject({ generation: a, activation: 1, reused: true });
  });

  test("by a job that comes late leaves the newer generation, by a person does not", async () => {
    await start(2);
    const [older, newer] = [a, b];
    await asJob(newer, "two");
    expect(await asJob(older, "one")).toMatchObject({ generation: newer, activation: 1, reused: true });
    expect(await asPerson(older)).toMatchObject({ generation: older, activation: 2, previous: newer });
  });

  test("of an older definition over the same data is late too", async () => {
    await start(1);
    const older = a;
    await lake.define({ fusion: { method: "rrf", lexicalWeight: 0.5 } });
    const { manifest } = await lake.build();
    await gateGeneration(target(manifest.generation));
    await asJob(manifest.generation, "two");
    expect(await asJob(older, "one")).toMatchObject({ generation: manifest.generation, reused: true });
  });

  test("delivered twice does not undo the rollback in between", async () => {
    await start(1);
    const first = a;
    await asJob(first, "one");
    const second = await buildNext("b");
    await asJob(second, "two");
    await rollback();
    expect(await asJob(second, "two")).toMatchObject({ generation: first, activation: 3, reused: true });
    expect(await asJob(second, "three")).toMatchObject({ generation: second, activation: 4, reused: false });
  });

  test("by twenty at once commits one activation", async () => {
    await start(1);
    const outcomes = await Promise.all(Array.from({ length: 20 }, (_, actor) => asJob(a, `intent${actor}`)));
    expect(outcomes.filter(({ reused }) => !reused)).toHaveLength(1);
    expect((await activeLog(lake.store, "i").head())?.number).toBe(1);
  });
});

describe("rollback", () => {
  test("returns to what served before, or to what is named, and refuses what never served", async () => {
    await start(3);
    await expect(rollback()).rejects.toMatchObject({ type: "rollback-target" });
    await asPerson(a);
    await expect(rollback()).rejects.toMatchObject({ type: "rollback-target" });
    await asPerson(b);
    expect(await rollback()).toMatchObject({ generation: a, previous: b, activation: 3, reused: false });
    expect(await rollback(b)).toMatchObject({ generation: b, previous: a, activation: 4 });
    expect(await rollback(b)).toMatchObject({ generation: b, activation: 4, reused: true });
    await expect(rollback(c)).rejects.toMatchObject({ type: "rollback-target" });
    await expect(rollback("../..")).rejects.toMatchObject({ type: "rollback-target" });
  });

  test("refuses a generation whose files are damaged", async () => {
    await start(2);
    await asPerson(a);
    await asPerson(b);
    const file = path.join(lake.store.root, generationPrefix("i", a), "segments/0001/rows.sqlite");
    const bytes = readFileSync(file);
    bytes[5_000] = (bytes[5_000] ?? 0) ^ 1;
    writeFileSync(file, bytes);
    await expect(rollback()).rejects.toMatchObject({ type: "generation-damaged" });
    expect((await activeLog(lake.store, "i").head())?.document.generation).toBe(b);
  });
});

describe("collecting old generations", () => {
  test("keeps the active one, the one before it, the newest, what is pinned or held, and what is young", async () => {
    await start(1);
    await asPerson(a);
    const built = [a];
    for (const tag of ["b", "c", "d"]) {
      const generation = await buildNext(tag);
      await asPerson(generation);
      built.push(generation);
    }
    const names = async () =>
      (await listGenerations({ store: lake.store, index: "i" })).map((one) => one.generation);
    await rollback(built[0]);
    await policyLog(lake.store, "i").commit(() =>
      IndexPolicy.parse({ schemaVersion: 1, retention: { keep: 2, pinned: [built[1]] } }),
    );
    const collect = { store: lake.store, index: "i" };
    expect(await collectGenerations(collect)).toEqual([]);
    const later = { ...collect, now: () => Date.now() + 61_000 };
    const held = { ...later, alsoKeep: new Set(built.slice(2, 3)) };
    expect(await collectGenerations(held)).toEqual([]);
    expect(await collectGenerations(later)).toEqual([]);
    await buildNext("e");
    expect(await collectGenerations(later)).toEqual([built[2]]);
    expect(await names()).toEqual(expect.arrayContaining([built[0], built[1], built[3]]));
    expect(await rollback()).toMatchObject({ generation: built[3] });
  });
});

describe("the books of an index", () => {
  test("follow the dataset: newer rows are pending, removed ones stale, and every missing row is named once", async () => {
    const books = () => accountIndex({ store: lake.store, index: "i" });
    const missing = async (page = {}) => {
      const rows = await Array.fromAsync(listMissing({ store: lake.store, index: "i", ...page }));
      return rows.map((row) => `${row.docId} ${row.state} ${row.reason}`);
    };
    await lake.write([...madeUpRows(3), { name: "empty", body: "" }]);
    expect(await books()).toMatchObject({
      rows: 4,
      pending: 4,
      indexed: 0,
      balanced: true,
      generation: null,
    });
    expect(await missing()).toEqual(
      ["a0", "a1", "a2", "empty"].map((id) => `${id} pending not_in_active_generation`),
    );
    const generation = await lake.publish();
    expect(await books()).toMatchObject({
      rows: 4,
      indexed: 3,
      excluded: { empty_text: 1 },
      stale: 0,
      generation,
    });
    expect(await missing()).toEqual(["empty excluded empty_text"]);
    await lake.write(
      [
        { name: "a1", body: "other words" },
        { name: "late", body: "newer" },
      ],
      "upsert",
    );
    expect(await books()).toMatchObject({
      rows: 5,
      indexed: 2,
      pending: 2,
      excluded: { empty_text: 1 },
      stale: 1,
      balanced: true,
      datasetVersion: 2,
    });
    const named = [
      "empty excluded empty_text",
      "a1 pending not_in_active_generation",
      "late pending not_in_active_generation",
    ];
    expect(await missing()).toEqual(named);
    expect(await missing({ limit: 2 })).toEqual(named.slice(0, 2));
    expect(await missing({ after: 3 })).toEqual(named.slice(1));
    await lake.write(madeUpRows(2, "z"), "replace");
    expect(await books()).toMatchObject({ rows: 2, indexed: 0, pending: 2, stale: 3, balanced: true });
    await lake.publish();
    expect(await books()).toMatchObject({ rows: 2, indexed: 2, pending: 0, stale: 0, balanced: true });
    expect(await missing()).toEqual([]);
  });
});

import { afterAll, beforeAll, expect, test } from "vitest";
import { jobUrlOf } from "../support/lake-client.ts";
import {
  type MigratingLake,
  newEmbedder,
  oldEmbedder,
  openMigratingLake,
} from "../support/migrating-lake.ts";
import { waitFor } from "../support/wait-for.ts";

const rowCount = 1_000;
let notes: MigratingLake;

beforeAll(async () => {
  notes = await openMigratingLake({ latencyMs: 10, alone: ["api", "embed", "index"] });
  const rows = Array.from({ length: rowCount }, (_, row): [string, string] => [
    `n${row}`,
    `note ${row} of the ${row % 11} seas and ${row * 31} ships`,
  ]);
  const job = await notes.endOf(jobUrlOf(await notes.upload(new Map(rows), oldEmbedder)));
  expect(job.state).toBe("completed");
}, 120_000);
afterAll(() => notes.close());

test("a worker killed while it embeds a shadow loses nothing, and the index answers meanwhile", async () => {
  const { id } = await notes.begin();
  const first = await notes.active();
  const sampled = notes.embedded().length;
  const building = notes.shadow(id);
  const half = (sampled + rowCount) / 2;
  await waitFor("the middle of the calls", 60_000, () => notes.embedded().length >= half);
  await notes.lake.kill("embed");
  expect(JSON.parse((await notes.search()).text)).toMatchObject({ generation: first });
  await notes.lake.start("embed");
  expect((await building).state).toBe("completed");
  expect(new Set(notes.embedded()).size).toBe(rowCount);
  expect(await notes.migration(id)).toMatchObject({ state: "ready", shadow: { dataset_version: 1 } });
  expect(await notes.active()).toBe(first);
});

test("a cutover and a rollback whose process is killed half-way are finished by the next that starts", async () => {
  const [{ id, shadow } = { id: "", shadow: null }] = await notes.migrations();
  const first = await notes.active();
  await notes.lake.arm("api", { name: "migration.after-definition", pass: 1 });
  await expect(notes.post(id, "cutover")).rejects.toThrow();
  expect((await notes.migration(id)).state).toBe("cutting-over");
  expect(await notes.active()).toBe(first);
  await notes.lake.start("api");
  await waitFor("the cutover", 30_000, async () => (await notes.migration(id)).state === "cut-over");
  expect(await notes.active()).toBe(shadow?.generation);
  expect(JSON.parse((await notes.search()).text)).toMatchObject({ generation: shadow?.generation });

  await notes.lake.arm("api", { name: "migration.after-definition", pass: 1 });
  await expect(notes.post(id, "rollback")).rejects.toThrow();
  await notes.lake.start("api");
  expect(JSON.parse((await notes.post(id, "rollback")).text)).toMatchObject({ state: "rolled-back" });
  expect(await notes.active()).toBe(first);
  expect(await notes.compare({ query: "seas", a: oldEmbedder, b: newEmbedder })).toMatchObject({
    a: { generation: first },
  });
});

test("a generation of the old model that comes late does not take the new one's place, and its rows are found by that", async () => {
  const { id } = await notes.begin();
  await notes.shadow(id);
  await notes.lake.arm("index", { name: "promote.before-commit", pass: 1 });
  const late = jobUrlOf(await notes.upload(new Map([["late", "note late of the last sea"]])));
  await waitFor("the end of the worker that promotes", 60_000, () => !notes.lake.isRunning("index"));
  const cutover = JSON.parse((await notes.post(id, "cutover")).text);
  expect(cutover).toMatchObject({ state: "cut-over", embedder: newEmbedder });
  await notes.lake.start("index");
  expect((await notes.endOf(cutover.job.url)).state).toBe("completed");
  expect(await notes.endOf(late)).toMatchObject({ state: "failed", error: { type: "index-moved" } });
  expect(await notes.books()).toMatchObject({ rows: rowCount + 1, indexed: rowCount + 1, balanced: true });
  const found = await notes.compare({ query: "late", b: oldEmbedder });
  expect(found).toMatchObject({ a: { embedder: newEmbedder } });
});

test("a migration whose process is killed before a job of its own is begun by the next that starts", async () => {
  const [{ id: last } = { id: "" }] = await notes.migrations();
  await notes.post(last, "end");
  await notes.lake.arm("api", { name: "migration.before-job", pass: 1 });
  await expect(notes.request("", { embedder: oldEmbedder })).rejects.toThrow();
  const [{ id, state } = { id: "", state: "" }] = await notes.migrations();
  expect(state).toBe("sampling");
  await notes.lake.start("api");
  await waitFor("the sample", 60_000, async () => (await notes.migration(id)).state === "sampled");

  await notes.lake.arm("api", { name: "migration.before-job", pass: 1 });
  await expect(notes.post(id, "shadow")).rejects.toThrow();
  expect((await notes.migration(id)).state).toBe("shadow");
  await notes.lake.start("api");
  await waitFor("the shadow", 60_000, async () => (await notes.migration(id)).state === "ready");
});

import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { dataLayout } from "@lakefleet/config/layout.ts";
import { openLocalStore } from "@lakefleet/lib/storage/local-store.ts";
import { silentTelemetry } from "@lakefleet/lib/telemetry/telemetry.ts";
import { verifyLake } from "@lakefleet/lib/verification/verify-lake.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { type FaultLake, openFaultLake } from "../support/fault-lake.ts";
import { endOf, jobUrlOf, postJson, problemOf, send, upload } from "../support/lake-client.ts";
import { npyFile } from "../support/npy-file.ts";
import { waitFor } from "../support/wait-for.ts";

let lake: FaultLake;
let api: string;
let serve: string;

beforeAll(async () => {
  lake = await openFaultLake();
  await Promise.all([lake.startTogether(["api", "serve", "ingest", "index"]), lake.start("embed")]);
  api = lake.url("api");
  serve = lake.url("serve");
}, 120_000);
afterAll(() => lake.close());

const dimension = 8;
const vectorOf = (row: number) =>
  Array.from({ length: dimension }, (_, place) =>
    Math.fround(Math.sin(row * 3.7 + place * place) * (1 + row)),
  );
const vectors = (first: number, count: number) =>
  Array.from({ length: count }, (_, row) => vectorOf(first + row));
const Hits = z.looseObject({ hits: z.array(z.looseObject({ doc_id: z.string(), score: z.number() })) });
const Index = z.looseObject({
  active: z.string().nullable(),
  embedder: z.string(),
  accounting: z.looseObject({ rows: z.int(), indexed: z.int(), balanced: z.boolean() }),
});

async function nearest(index: string, row: number) {
  const answer = await postJson(serve, "/vectors/search", { index, vector: vectorOf(row), k: 3 });
  return Hits.parse(JSON.parse(answer.text)).hits[0];
}

async function indexOf(name: string) {
  return Index.parse(JSON.parse((await send(serve, `/vectors/indexes/${name}`)).text));
}

const fields = { index: "foreign", dataset: "foreign", embedder: "import:mymodel@1" };

/** Puts vectors and their ids where the fleet may read them, and imports them. */
async function importRows(first: number, count: number, more: object = {}) {
  const inbox = path.join(lake.dataFolder, "inbox");
  await mkdir(inbox, { recursive: true });
  await writeFile(
    path.join(inbox, `${first}.npy`),
    npyFile(vectors(first, count), { type: "f8", fortran: true }),
  );
  await writeFile(
    path.join(inbox, `${first}.ids`),
    Array.from({ length: count }, (_, row) => `v${first + row}\n`).join(""),
  );
  const asked = { ...fields, path: `${first}.npy`, ids_path: `${first}.ids`, ...more };
  return jobUrlOf(await postJson(api, "/vectors/import", asked));
}

test("imported vectors are an index like any other: books, search, append, migration", async () => {
  const job = await endOf(api, await importRows(0, 50));
  expect(job.state, JSON.stringify(job.error)).toBe("completed");
  expect(job.children.map(({ id }) => id.split(".").at(-1))).toEqual(["ingest", "embed", "build", "gate"]);
  expect(await indexOf("foreign")).toMatchObject({
    embedder: "import:mymodel@1",
    accounting: { rows: 50, indexed: 50, balanced: true },
  });
  const { active } = await indexOf("foreign");
  const certificate = await send(serve, `/vectors/indexes/foreign/generations/${active}/certificate`);
  expect(JSON.parse(certificate.text).costUsd).toBeNull();
  expect(await nearest("foreign", 17)).toMatchObject({ doc_id: "v17", score: expect.closeTo(1, 4) });
  const text = await postJson(serve, "/vectors/search", { index: "foreign", query: "anything" });
  expect(problemOf(text)).toMatchObject({ status: 409, type: "embedder-imported" });
  const words = await postJson(serve, "/vectors/search", { index: "foreign", query: "v17", mode: "lexical" });
  expect(Hits.parse(JSON.parse(words.text)).hits).toMatchObject([{ doc_id: "v17" }]);

  // A worker that is killed between its two tables doubles nothing.
  await lake.arm("embed", { name: "embed.between-brought", pass: 1 });
  const appended = await importRows(50, 30, { mode: "append" });
  await waitFor("the embed worker to die", 60_000, async () => !lake.isRunning("embed") || undefined);
  await lake.start("embed");
  expect((await endOf(api, appended)).state).toBe("completed");
  expect((await indexOf("foreign")).accounting).toMatchObject({ rows: 80, indexed: 80, balanced: true });
  for (const row of [3, 60]) expect(await nearest("foreign", row)).toMatchObject({ doc_id: `v${row}` });
  expect(await findings()).toEqual([]);

  const migrated = await postJson(api, "/vectors/lance/migrate/foreign", { to: "lance" });
  expect((await endOf(api, jobUrlOf(migrated))).state).toBe("completed");
  expect(await nearest("foreign", 77)).toMatchObject({ doc_id: "v77", score: expect.closeTo(1, 4) });
  expect(await nearest("foreign", 60)).toMatchObject({ doc_id: "v60" });

  const again = await endOf(api, await importRows(50, 30, { mode: "append" }));
  expect(again.state).toBe("completed");
  expect((await indexOf("foreign")).accounting).toMatchObject({ rows: 80, indexed: 80 });
}, 240_000);

test("a bad file leaves no dataset and no index, and what stood before goes on", async () => {
  const content = npyFile([...vectors(0, 3), Array(dimension).fill(0)]);
  const names = { ...fields, index: "bad", dataset: "bad" };
  const sent = await upload(api, names, { name: "v.npy", content }, "/vectors/import");
  const job = await endOf(api, jobUrlOf(sent));
  expect(job).toMatchObject({
    state: "failed",
    error: { status: 422, type: "vectors-value", place: { file: "v.npy", row: 4 } },
  });
  expect((await send(serve, "/vectors/indexes/bad")).status).toBe(404);
  expect((await send(serve, "/catalog/datasets/by-name/bad")).status).toBe(404);
});

test("a request that cannot be is refused before anything is stored", async () => {
  const file = { name: "v.npy", content: npyFile(vectors(0, 2)) };
  const refused: [Record<string, string>, string][] = [
    [{ ...fields, embedder: "hash-768@1" }, "request-invalid"],
    [{ ...fields, embedder: "import:nothing" }, "request-invalid"],
    [{ ...fields, metric: "l2" }, "request-invalid"],
    [{ ...fields, colour: "red" }, "request-invalid"],
    [{ ...fields, mode: "append" }, "import-ids"],
    [{ ...fields, dataset: "another" }, "index-taken"],
  ];
  for (const [names, type] of refused) {
    const problem = problemOf(await upload(api, names, file, "/vectors/import"));
    expect(problem.type, problem.detail).toBe(type);
    expect(problem.status).toBeLessThan(500);
  }
  for (const body of [{}, [], { ...fields, path: "../../etc/passwd" }, { ...fields, path: "." }]) {
    const answer = await postJson(api, "/vectors/import", body);
    expect(problemOf(answer).status, answer.text).toBeLessThan(500);
  }
});

async function findings() {
  const telemetry = silentTelemetry();
  const store = await openLocalStore({ name: "primary", root: dataLayout(lake.dataFolder).bucket });
  const { intents: intentsFolder, locks } = dataLayout(lake.dataFolder);
  return Array.fromAsync(verifyLake({ store, intentsFolder, locks, telemetry, deep: true }));
}

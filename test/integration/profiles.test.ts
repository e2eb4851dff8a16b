import { afterAll, beforeAll, expect, test } from "vitest";
import { appendToJournal } from "../../lib/trial/trial-journal.ts";
import { IndexParameters } from "../../lib/vector/index-parameters.ts";
import { madeUpRows } from "../support/indexed-lake.ts";
import { openProfileApp, type ProfileApp } from "../support/profile-app.ts";

let world: ProfileApp;

beforeAll(async () => {
  world = await openProfileApp();
  const [graph, table] = [await world.addLake("graph"), await world.addLake("table")];
  await table.define({ parameters: IndexParameters.parse({ backend: "lance", kind: "flat" }) });
  for (const lake of [graph, table]) {
    await lake.write(madeUpRows(20));
    await lake.force();
  }
});
afterAll(() => world.close());

const bound = { embedder: "hash-768@1", datasets: ["dgraph", "dtable"], indexes: ["igraph", "itable"] };

async function create(id: string, bindings: object = {}) {
  return world.ask("/models", { body: { id, ...bound, ...bindings } });
}

test("a profile is made, listed, changed and deleted, and each change is in its audit", async () => {
  const { answer } = await create("notes", { description: "for notes", actor: "ann" });
  const same = {
    id: "notes",
    version: 1,
    changed_at: expect.any(String),
    bucket: "primary",
    generator: null,
  };
  expect(answer).toMatchObject({ ...same, ...bound, description: "for notes", backend: null });
  expect((await world.ask("/models")).answer.profiles).toContainEqual(answer);
  const change = { version: 1, backend: "lance", actor: "bob" };
  const changed = await world.ask("/models/notes", { method: "PATCH", body: change });
  expect(changed.answer).toMatchObject({ version: 2, backend: "lance", description: "for notes" });
  expect((await world.ask("/models/notes")).answer).toEqual(changed.answer);
  expect((await world.ask("/models/notes?version=2", { method: "DELETE" })).status).toBe(200);
  expect((await world.ask("/models/notes")).answer).toMatchObject({ status: 404, type: "profile-missing" });
  expect((await create("notes")).answer).toMatchObject({ version: 4, description: "", backend: null });
  const audit = await world.ask("/models/notes/audit");
  const events = audit.answer.records.map(({ event, actor }: { event: string; actor: string }) => [
    event,
    actor,
  ]);
  expect(events).toEqual([
    ["created", "http"],
    ["deleted", "http"],
    ["changed", "bob"],
    ["created", "ann"],
  ]);
});

test("of people who change a profile at once one wins, and the others are told that it has changed", async () => {
  await create("contested");
  const changes = ["one", "two", "three", "four"].map((description) =>
    world.ask("/models/contested", { method: "PATCH", body: { version: 1, description } }),
  );
  const statuses = (await Promise.all(changes)).map(({ status }) => status);
  expect(statuses.toSorted()).toEqual([200, 409, 409, 409]);
  const stale = await world.ask("/models/contested?version=1", { method: "DELETE" });
  expect(stale.answer).toMatchObject({ status: 409, type: "profile-changed", field: "version" });
  const again = await create("contested");
  expect(again.answer).toMatchObject({ status: 409, type: "profile-exists", field: "id" });
});

test.each([
  [{ embedder: "nobody:x@1" }, 400, "embedder-unknown", "embedder"],
  [{ generator: "nobody" }, 400, "generator-unknown", "generator"],
  [{ embedder: null }, 400, "profile-model", "generator"],
  [{ datasets: ["dgraph", "nowhere"] }, 400, "dataset-unknown", "datasets.1"],
  [{ indexes: ["nowhere"] }, 400, "index-unknown", "indexes.0"],
  [{ datasets: ["dgraph"], indexes: ["igraph", "itable"] }, 400, "index-dataset", "indexes.1"],
  [{ indexes: ["igraph"], backend: "lance" }, 400, "backend-unbound", "backend"],
  [{ backend: "lance", parameters: { backend: "hnsw" } }, 400, "backend-unbound", "parameters.backend"],
  [{ bucket: "elsewhere" }, 400, "bucket-unknown", "bucket"],
  [{ indexes: ["../secrets"] }, 400, "request-invalid", "indexes.0"],
  [{ surplus: 1 }, 400, "request-invalid", undefined],
])("a profile with %j is refused with %i, %s", async (bindings, status, type, field) => {
  const refused = await create("unfit", bindings);
  expect(refused.answer).toMatchObject({ status, type, ...(field === undefined ? {} : { field }) });
  expect((await world.ask("/models/unfit")).status).toBe(404);
});

test("a search under a profile without an index goes to its index of the profile's backend", async () => {
  await create("fast", { backend: "hnsw" });
  await create("large", { backend: "lance" });
  const body = { query: "onlya3 amber", k: 3 };
  for (const [profile, index] of [
    ["fast", "igraph"],
    ["large", "itable"],
  ]) {
    const { answer } = await world.ask(`/vectors/profile/${profile}/search`, { body });
    expect(answer).toMatchObject({ index });
    expect(answer.hits[0].doc_id).toBe("a3");
  }
  await create("empty", { indexes: [] });
  const none = await world.ask("/vectors/profile/empty/search", { body });
  expect(none.answer).toMatchObject({ status: 409, type: "profile-index" });
});

test("the trials of all its indexes are one history of a profile, newest first", async () => {
  await create("tuned");
  await create("other", { indexes: ["itable"] });
  const failure = {
    kind: "failure" as const,
    corpus: "c",
    sampleShare: 1,
    errorType: "t",
    message: "m",
    why: "w",
  };
  for (const [trial, index, day] of [
    ["1", "igraph", "01"],
    ["2", "itable", "02"],
    ["3", "igraph", "03"],
  ] as const) {
    const at = `2026-01-${day}T00:00:00.000Z`;
    const parameters = IndexParameters.parse({ backend: "hnsw" });
    await appendToJournal({ store: world.store, index }, { ...failure, trial, index, at, parameters });
  }
  const trialsOf = async (id: string) => {
    const { answer } = await world.ask(`/models/${id}/trials?limit=2`);
    return { trials: answer.records.map(({ trial }: { trial: string }) => trial), total: answer.total };
  };
  expect(await trialsOf("tuned")).toEqual({ trials: ["3", "2"], total: 3 });
  expect(await trialsOf("other")).toEqual({ trials: ["2"], total: 1 });
});

test("a profile without a model to load is active at once, without Redis, and its indexes open by themselves", async () => {
  await create("warm", { indexes: ["igraph"] });
  const activated = await world.ask("/vectors/profile/warm/activate", { body: {} });
  expect(activated).toMatchObject({ status: 200, answer: { profile: "warm" } });
  const active = async () => (await world.ask("/vectors/profile/active")).answer;
  expect(await active()).toMatchObject({ profile: "warm", actor: "http", models: [] });
  await expect.poll(active).toMatchObject({ indexes: [{ index: "igraph", open: true }] });
  const held = await world.ask("/models/warm?version=1", { method: "DELETE" });
  expect(held.answer).toMatchObject({ status: 409, type: "profile-active" });
  const other = await world.ask("/vectors/profile/fast/deactivate", { body: {} });
  expect(other.answer).toMatchObject({ status: 409, type: "profile-inactive" });
  expect((await world.ask("/vectors/profile/warm/deactivate", { body: {} })).status).toBe(200);
  expect(await active()).toMatchObject({ profile: null, indexes: [] });
  expect((await world.ask("/models/warm?version=1", { method: "DELETE" })).status).toBe(200);
  const unknown = await world.ask("/vectors/profile/warm/activate", { body: {} });
  expect(unknown.answer).toMatchObject({ status: 404, type: "profile-missing" });
});

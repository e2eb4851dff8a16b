import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ScopeDeclaration } from "../../lib/profile/scope/declare-scope.ts";
import { madeUpRows } from "../support/indexed-lake.ts";
import { openProfileApp, type ProfileApp } from "../support/profile-app.ts";

interface Route {
  method: string;
  path: string;
  scope: ScopeDeclaration | undefined;
}

/** Names by the kind of what bears them: those of a profile that asks, of another one, and of nothing that there is. */
const own = { indexes: "ia", datasets: "da", generators: "writer-a", embedders: "hash-768@1", profile: "a" };
const others = {
  indexes: "ib",
  datasets: "db",
  generators: "writer-b",
  embedders: "local:e@1",
  profile: "b",
};
const missing = { indexes: "ic", datasets: "dc", generators: "writer-c", embedders: "x:y@1", profile: "c" };
type Names = typeof own;

/** Whatever shows that the other profile's data is there. */
const traces = /\b(ib|db|b\d+|onlyb\d+|writer-b|secret)\b/;

let world: ProfileApp;
let before: Map<string, unknown>;

const models = {
  providers: { local: { kind: "ollama", url: "http://127.0.0.1:9" } },
  embedders: { "local:e@1": { provider: "local", model: "e", dimension: 8, tokensMax: 512 } },
  generators: Object.fromEntries(
    ["writer-a", "writer-b"].map((id) => [id, { provider: "local", model: id }]),
  ),
};

async function addProfile(name: string, bindings: object): Promise<void> {
  const lake = await world.addLake(name);
  await lake.write(madeUpRows(30, name).map((row) => ({ ...row, body: `${row.body} secret` })));
  await lake.force();
  const body = { id: name, datasets: [`d${name}`], indexes: [`i${name}`], ...bindings };
  expect((await world.ask("/models", { body })).status).toBe(200);
}

beforeAll(async () => {
  world = await openProfileApp({ models });
  await addProfile("a", { generator: "writer-a", embedder: "hash-768@1" });
  before = await readLists();
  await addProfile("b", { generator: "writer-b", embedder: "local:e@1" });
});
afterAll(() => world.close());

/** Every route of the fleet, as the document describes it, so that a new one is among them. */
async function readRoutes(): Promise<Route[]> {
  const { answer } = await world.ask("/openapi.json");
  return Object.entries<Record<string, { "x-lakefleet-scope"?: ScopeDeclaration }>>(answer.paths).flatMap(
    ([path, operations]) =>
      Object.entries(operations).map(([method, operation]) => ({
        method: method.toUpperCase(),
        path,
        scope: operation["x-lakefleet-scope"],
      })),
  );
}

/** What a route lists without being asked for something by its name. */
async function readLists(): Promise<Map<string, unknown>> {
  const found = new Map<string, unknown>();
  for (const { method, path, scope } of await readRoutes()) {
    if (scope?.filters !== true || path.includes("{")) continue;
    const { status, answer } = await world.ask(path, { method, profile: "a" });
    expect([path, status]).toEqual([path, 200]);
    found.set(path, { ...answer, at: undefined });
  }
  return found;
}

/** The places at which a route's requests name something, with the kind of it. */
function placesOf({ scope = {} }: Route): [place: string, kind: keyof Names][] {
  const { filters: _filters, under: _under, profile, snapshots = [], ...kinds } = scope;
  return [
    ...Object.entries(kinds).flatMap(([kind, places]) =>
      places.map((place): [string, keyof Names] => [place, kind as keyof Names]),
    ),
    ...snapshots.map((place): [string, keyof Names] => [place, "indexes"]),
    ...(profile === undefined ? [] : [[profile, "profile"] as [string, keyof Names]]),
  ];
}

/** A request that names `chosen` at one place and the asking profile's own at all others. */
function requestOf(route: Route, at: string, chosen: Names) {
  const names = placesOf(route).map(([place, kind]) => [place, (place === at ? chosen : own)[kind]] as const);
  let path = route.path;
  const query = new URLSearchParams();
  const body = {};
  for (const [place, name] of names) {
    const [part, ...keys] = place.split(".");
    if (part === "param") path = path.replace(`{${keys[0]}}`, encodeURIComponent(name));
    else if (part === "query") query.set(keys[0] ?? "", name);
    else setDeep(body, keys, name);
  }
  path = path.replace("{doc}", `${chosen.profile}1`).replaceAll(/\{\w+\}/g, chosen.indexes);
  const isRead = route.method === "GET" || route.method === "DELETE";
  return {
    path: query.size === 0 ? path : `${path}?${query}`,
    options: { method: route.method, profile: "a", ...(isRead ? {} : { body }) },
  };
}

function setDeep(body: object, keys: string[], name: string): void {
  const [key = "", ...rest] = keys;
  const plain = key.replace(/\[\]$/, "");
  const inner = Reflect.get(body, plain);
  if (rest.length === 0) Reflect.set(body, plain, name);
  else if (key.endsWith("[]")) {
    // An own name stands first, so that looking at one element is not enough.
    const element = {};
    setDeep(element, rest, name);
    const first = {};
    setDeep(first, rest, own.indexes);
    Reflect.set(body, plain, [first, element]);
  } else {
    const next = inner ?? {};
    setDeep(next, rest, name);
    Reflect.set(body, plain, next);
  }
}

describe("a request under a profile", () => {
  test("that names at any place of any route what the profile is not bound to is 403, and the same for what there is and is not", async () => {
    const routes = await readRoutes();
    let combinations = 0;
    for (const route of routes.filter(({ scope }) => scope !== undefined)) {
      for (const [place] of placesOf(route)) {
        const answers = [];
        for (const names of [others, missing]) {
          const { path, options } = requestOf(route, place, names);
          const { status, answer, text } = await world.ask(path, options);
          const asked = `${route.method} ${route.path} with another ${place}`;
          expect([asked, status, answer?.type]).toEqual([asked, 403, "profile-scope"]);
          expect(text).not.toMatch(traces);
          answers.push(text);
          combinations += 1;
        }
        expect(answers[0]).toBe(answers[1]);
      }
    }
    expect(combinations).toBeGreaterThan(50);
  });

  test("to a route that declares nothing is 403, whatever it asks for", async () => {
    const undeclared = (await readRoutes()).filter(({ scope }) => scope === undefined);
    expect(undeclared.length).toBeGreaterThan(20);
    for (const route of undeclared) {
      for (const names of [own, others, missing]) {
        const { path, options } = requestOf(route, "", names);
        const { status, answer, text } = await world.ask(path, options);
        const asked = `${route.method} ${path}`;
        expect([asked, status, answer?.type]).toEqual([asked, 403, "profile-route"]);
        expect(text).not.toMatch(traces);
      }
    }
  });

  test("to what the document does not describe is 403, as the board of queues", async () => {
    for (const path of ["/admin/queues/api/queues", "/admin/queues", "/nothing"]) {
      const { status, answer } = await world.ask(path, { profile: "a" });
      expect([path, status, answer?.type]).toEqual([path, 403, "profile-route"]);
    }
  });

  test("is told by lists what it was told before the other profile and its data were there", async () => {
    expect(before.size).toBeGreaterThan(4);
    const now = await readLists();
    expect(Object.fromEntries(now)).toEqual(Object.fromEntries(before));
    expect(JSON.stringify([...now])).not.toMatch(/\b(ib|db)\b/);
    const lineage = await world.ask("/catalog/datasets/by-name/da/lineage", { profile: "a" });
    expect(lineage.answer.indexes).toMatchObject([{ index: "ia" }]);
  });

  test("sees all of what the profile is bound to", async () => {
    const body = { index: "ia", query: "secret", mode: "lexical" };
    const found = await world.ask("/vectors/search", { profile: "a", body });
    expect(found.answer.hits).toHaveLength(10);
    const batch = { searches: [body, body] };
    expect((await world.ask("/vectors/search/batch", { profile: "a", body: batch })).status).toBe(200);
    const rows = await world.ask("/catalog/datasets/by-name/da/rows?snapshot=ia@current", { profile: "a" });
    expect(rows.answer.rows).toHaveLength(30);
    expect((await world.ask("/vectors/lance/doc/ia/a1", { profile: "a" })).status).toBe(200);
    expect((await world.ask("/models/a/audit", { profile: "a" })).status).toBe(200);
  });

  test("is held to it by any method, and by a path that names the profile as by the header", async () => {
    expect((await world.ask("/vectors/indexes/ib", { method: "HEAD", profile: "a" })).status).toBe(403);
    const own = { index: "ia", query: "secret" };
    const inPath = await world.ask("/vectors/profile/a/search", { body: own });
    expect(inPath.answer.hits.length).toBeGreaterThan(0);
    const refused = await world.ask("/vectors/profile/a/search", { body: { ...own, index: "ib" } });
    const missing = await world.ask("/vectors/profile/a/search", { body: { ...own, index: "ic" } });
    expect(refused).toMatchObject({ status: 403, answer: { type: "profile-scope", field: "profile" } });
    expect(missing.text).toBe(refused.text);
  });

  test("of a profile that there is not is 404", async () => {
    for (const profile of ["nobody", "../a", ""]) {
      const { status, answer } = await world.ask("/vectors/indexes", { profile });
      expect({ status, type: answer.type }).toEqual({ status: 404, type: "profile-missing" });
    }
  });
});

test("without a profile every index is seen", async () => {
  const { answer } = await world.ask("/vectors/indexes");
  expect(answer.indexes.map(({ name }: { name: string }) => name)).toEqual(["ia", "ib"]);
});

test("refusals are in the profile's audit by route and kind, without any word of the request", async () => {
  const query = "verysecretquestion";
  await world.ask("/vectors/search", { profile: "a", body: { index: "ib", query } });
  const { answer, text } = await world.ask("/models/a/audit?limit=1");
  expect(answer.records).toEqual([
    {
      at: expect.any(String),
      event: "refused",
      actor: null,
      route: "POST /vectors/search",
      kind: "indexes",
    },
  ]);
  expect(text).not.toContain(query);
});

test("a change of what a profile is bound to counts from the next request on", async () => {
  const body = { version: 1, datasets: ["da", "db"], indexes: ["ia", "ib"] };
  expect((await world.ask("/models/a", { method: "PATCH", body })).status).toBe(200);
  const search = { profile: "a", body: { index: "ib", query: "secret" } };
  expect((await world.ask("/vectors/search", search)).status).toBe(200);
  const back = { version: 2, datasets: ["da"], indexes: ["ia"] };
  expect((await world.ask("/models/a", { method: "PATCH", body: back })).status).toBe(200);
  expect((await world.ask("/vectors/search", search)).status).toBe(403);
});

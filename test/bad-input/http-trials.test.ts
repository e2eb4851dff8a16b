import { definitionLog, readDefinition } from "@lakefleet/lib/generation/definition-log.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { roles } from "../support/fault-lake.ts";
import { postJson, problemOf, send } from "../support/lake-client.ts";
import { openTrialLake, type TrialLake } from "../support/trial-lake.ts";

let world: TrialLake;
let api: string;
let serve: string;
beforeAll(async () => {
  world = await openTrialLake({ together: roles });
  [api, serve] = [world.lake.url("api"), world.lake.url("serve")];
  const definition = await readDefinition(world.store, "notes");
  await definitionLog(world.store, "unbuilt").commit(() => ({ ...definition, index: "unbuilt" }));
}, 300_000);
afterAll(() => world.lake.close());

const trial = (body: object) => postJson(api, "/vectors/hnsw/trial", { index: "notes", ...body });

describe("a trial of", () => {
  test.each<[string, object, number, string]>([
    ["an unknown parameter", { parameters: { wheels: 4 } }, 400, "parameters.wheels"],
    ["a parameter out of its range", { parameters: { connectivity: 1 } }, 400, "parameters.connectivity"],
    ["a number that is a text", { parameters: { connectivity: "16" } }, 400, "parameters.connectivity"],
    ["half a neighbour", { parameters: { connectivity: 8.5 } }, 400, "parameters.connectivity"],
    ["a parameter of the other backend", { parameters: { probes: 4 } }, 400, "parameters.probes"],
    [
      "both backends at once",
      { parameters: { backend: "lance", engine: "usearch" } },
      400,
      "parameters.engine",
    ],
    ["a backend that is none", { parameters: { backend: "tree" } }, 400, "parameters.backend"],
    [
      "sub-vectors that do not divide the vector",
      { parameters: { backend: "lance", kind: "ivf_pq", subVectors: 7 } },
      400,
      "parameters.subVectors",
    ],
    ["no hits", { k: 0 }, 400, "k"],
    ["more than everything", { sample_share: 1.5 }, 400, "sample_share"],
    ["nothing", { sample_share: 0 }, 400, "sample_share"],
    ["a negative seed", { seed: -1 }, 400, "seed"],
    ["queries that are not there", { eval_set: "nowhere" }, 404, "name"],
    ["an index that is not there", { index: "nowhere" }, 404, "index"],
    ["an index without a generation", { index: "unbuilt" }, 409, "index"],
    ["a field that is none", { effort: 64 }, 400, ""],
  ])("%s is refused with its field", async (_, body, status, field) => {
    const problem = problemOf(await trial(body));
    expect([problem.status, problem.field ?? ""]).toEqual([status, field]);
  });
});

describe("tuning by", () => {
  const many = Array.from({ length: 65 }, (_, place) => 8 + place);
  test.each<[string, object, number]>([
    ["too many configurations", { grid: { expansionSearch: many.slice(1), connectivity: [8, 9] } }, 400],
    ["too many values", { grid: { expansionSearch: many } }, 400],
    ["no values", { grid: { expansionSearch: [] } }, 400],
    ["values that are out of range", { grid: { connectivity: [8, 1_000] } }, 400],
    ["an unknown parameter", { grid: { wheels: [3, 4] } }, 400],
  ])("%s starts nothing", async (_, body, status) => {
    expect(problemOf(await postJson(api, "/vectors/hnsw/autotune/notes", body)).status).toBe(status);
    expect(await world.journal()).toEqual([]);
  });

  test.each(["nowhere", "..", "%2e%2e%2fnotes"])("the index %s is refused", async (name) => {
    expect([400, 404]).toContain((await postJson(api, `/vectors/hnsw/autotune/${name}`, {})).status);
    expect([400, 404]).toContain((await postJson(api, `/vectors/hnsw/trials/${name}/compact`, {})).status);
    for (const route of ["", "/best", "/pareto.svg"])
      expect([400, 404]).toContain((await send(serve, `/vectors/hnsw/trials/${name}${route}`)).status);
  });
});

describe("reading the journal", () => {
  test.each([
    ["?limit=0", "limit"],
    ["?limit=1001", "limit"],
    ["?before=zzz", "before"],
    ["/best?metric=beauty", "metric"],
    ["/best?recall_floor=2", "recall_floor"],
  ])("with %s is refused with its field", async (query, field) => {
    const problem = problemOf(await send(serve, `/vectors/hnsw/trials/notes${query}`));
    expect([problem.status, problem.field]).toEqual([400, field]);
  });

  test("of an index that was never measured gives nothing, and a plot that says so", async () => {
    const best = JSON.parse((await send(serve, "/vectors/hnsw/trials/notes/best")).text);
    expect(best).toMatchObject({ compared: 0, best: null, front: [] });
    const plot = await send(serve, "/vectors/hnsw/trials/notes/pareto.svg");
    expect([plot.status, plot.headers["content-type"]]).toEqual([200, "image/svg+xml; charset=utf-8"]);
    expect(plot.text).toContain("There is no trial");
  });
});

describe("promoting", () => {
  test("a trial that is not there is refused", async () => {
    const absent = "01m85c6s5dzgxn1sa6pkqvtmxz";
    const problem = problemOf(await postJson(api, `/vectors/hnsw/promote/notes/${absent}`, {}));
    expect([problem.status, problem.type]).toEqual([404, "trial-missing"]);
    expect((await postJson(api, `/vectors/hnsw/promote/nowhere/${absent}`, {})).status).toBe(404);
    expect((await postJson(api, "/vectors/hnsw/promote/notes/..%2f", {})).status).toBe(400);
  });
});

import { activeLog } from "@lakefleet/lib/generation/active-log.ts";
import { definitionLog, readDefinition } from "@lakefleet/lib/generation/definition-log.ts";
import type { JournalRecord } from "@lakefleet/lib/trial/trial-record.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { jobUrlOf, postJson, problemOf, send } from "../support/lake-client.ts";
import { openTrialLake, type TrialLake } from "../support/trial-lake.ts";
import { waitFor } from "../support/wait-for.ts";

let world: TrialLake;
let api: string;
let serve: string;
beforeAll(async () => {
  world = await openTrialLake({ together: ["api", "serve", "ingest", "embed", "trial"], alone: ["index"] });
  [api, serve] = [world.lake.url("api"), world.lake.url("serve")];
}, 300_000);
afterAll(() => world.lake.close());

const get = async (path: string) => JSON.parse((await send(serve, path)).text);
const promotionsOf = async (trial: string) =>
  (await world.journal()).filter((record) => record.kind === "promotion" && record.trial === trial);

async function measured(body: object): Promise<string> {
  const { trial, url } = await world.ask(body);
  expect(await world.ended(url)).toMatchObject({ state: "completed" });
  return trial;
}

/** Waits until the journal knows how the promotion ended. */
function endOfPromotion(trial: string): Promise<JournalRecord> {
  return waitFor("the promotion's end", 200_000, async () =>
    (await promotionsOf(trial)).find((record) => "outcome" in record && record.outcome !== "started"),
  );
}

describe("tuning by a grid", () => {
  const grid = { connectivity: [10, 11], expansionSearch: [8, 64] };
  test("measures each configuration once, and again only what is new", async () => {
    const ask = async () => JSON.parse((await postJson(api, "/vectors/hnsw/autotune/notes", { grid })).text);
    const first = await ask();
    expect(first.jobs).toHaveLength(4);
    for (const { url } of first.jobs) expect(await world.ended(url)).toMatchObject({ state: "completed" });
    expect(await ask()).toEqual(first);
    const trials = (await world.journal()).filter(({ kind }) => kind === "trial");
    expect(trials).toHaveLength(4);
    expect(trials.filter((trial) => trial.kind === "trial" && trial.graphReused)).toHaveLength(2);
  });

  test("can be read page by page, judged, drawn and compacted", async () => {
    const first = await get("/vectors/hnsw/trials/notes?limit=3");
    const second = await get(`/vectors/hnsw/trials/notes?limit=3&before=${first.next}`);
    const names = [...first.records, ...second.records].map((record: JournalRecord) => record.trial);
    expect([new Set(names).size, first.total, second.next]).toEqual([4, 4, null]);

    const best = await get("/vectors/hnsw/trials/notes/best?metric=recall&recall_floor=0");
    const most = Math.max(...best.front.map(({ recall }: { recall: number }) => recall));
    expect([best.compared, best.best.recall]).toEqual([4, most]);

    const plot = (await send(serve, "/vectors/hnsw/trials/notes/pareto.svg")).text;
    expect(plot.match(/<circle class="(best|point)" cx="\d/g)?.length).toBeGreaterThanOrEqual(4);
    expect(await get("/vectors/hnsw/cache/stats")).toMatchObject({ trialGraphs: { count: 2 } });

    const answer = JSON.parse((await postJson(api, "/vectors/hnsw/trials/notes/compact", {})).text);
    expect(answer).toMatchObject({ kept: 4, dropped: 0 });
    expect((await get("/vectors/hnsw/trials/notes")).total).toBe(4);
  });
});

describe("promoting a trial", () => {
  test("lets its configuration serve, with who and why in both histories", async () => {
    const trial = await measured({ parameters: { connectivity: 14 } });
    const url = jobUrlOf(await postJson(api, `/vectors/hnsw/promote/notes/${trial}`, { why: "it is good" }));
    expect(jobUrlOf(await postJson(api, `/vectors/hnsw/promote/notes/${trial}`, {}))).toBe(url);
    expect(await world.ended(url)).toMatchObject({ state: "completed" });
    const active = await activeLog(world.store, "notes").head();
    expect(active?.document.reason).toBe(`trial ${trial}: it is good`);
    const { generation } = active?.document ?? {};
    expect(await endOfPromotion(trial)).toMatchObject({ outcome: "promoted", actor: "http", generation });
    expect(await promotionsOf(trial)).toHaveLength(2);
    expect((await readDefinition(world.store, "notes")).parameters).toMatchObject({ connectivity: 14 });
  });

  test("that does not get to its end leaves the index as it was, and can be tried again", async () => {
    const trial = await measured({ parameters: { connectivity: 15 } });
    const before = await definitionLog(world.store, "notes").head();
    await world.lake.kill("index");
    const url = jobUrlOf(await postJson(api, `/vectors/hnsw/promote/notes/${trial}`, {}));
    expect((await send(api, url, { method: "DELETE" })).status).toBe(200);
    expect(await endOfPromotion(trial)).toMatchObject({ outcome: "blocked" });
    expect((await definitionLog(world.store, "notes").head())?.number).toBe(before?.number);
    await world.lake.start("index");
    const again = jobUrlOf(await postJson(api, `/vectors/hnsw/promote/notes/${trial}`, {}));
    expect(again).not.toBe(url);
    expect(await world.ended(again)).toMatchObject({ state: "completed" });
  });

  test("is blocked where somebody else changed the definition meanwhile", async () => {
    const trial = await measured({ parameters: { connectivity: 17 } });
    await world.lake.kill("index");
    const url = jobUrlOf(await postJson(api, `/vectors/hnsw/promote/notes/${trial}`, {}));
    const log = definitionLog(world.store, "notes");
    await log.commit((head) => head && { ...head.document, fusion: { method: "rrf", lexicalWeight: 0.5 } });
    await world.lake.start("index");
    expect(await world.ended(url)).toMatchObject({ state: "failed", error: { type: "definition-changed" } });
    expect(await endOfPromotion(trial)).toMatchObject({ outcome: "blocked" });
    expect((await log.head())?.document.fusion.method).toBe("rrf");
  });

  test("is refused for a sample, and once the index serves other chunks", async () => {
    const promote = async (trial: string) =>
      problemOf(await postJson(api, `/vectors/hnsw/promote/notes/${trial}`, {}));
    const sampled = await measured({ parameters: { connectivity: 18 }, sample_share: 0.5 });
    expect(await promote(sampled)).toMatchObject({ status: 409, type: "trial-sampled", field: "trial" });
    const whole = await measured({ parameters: { connectivity: 18 } });
    await world.append(5, "later");
    expect(await promote(whole)).toMatchObject({ status: 409, type: "corpus-changed", field: "trial" });
  });
});

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { roles } from "../support/fault-lake.ts";
import { type JobView, jobUrlOf, postJson, problemOf, send, upload } from "../support/lake-client.ts";
import { openTrialLake, type TrialLake } from "../support/trial-lake.ts";

let world: TrialLake;
let api: string;
let serve: string;
beforeAll(async () => {
  world = await openTrialLake({ together: roles });
  [api, serve] = [world.lake.url("api"), world.lake.url("serve")];
}, 300_000);
afterAll(() => world.lake.close());

const get = async (path: string) => JSON.parse((await send(serve, path)).text);
const search = async (query: string) =>
  JSON.parse((await postJson(serve, "/vectors/search", { index: "notes", query })).text);

/** Makes an eval set of one query for each document that is wanted, and judges the index by it from now on. */
async function judgeBy(name: string, wanted: Record<string, string>): Promise<void> {
  const queries = Object.entries(wanted).map(([text, docId]) => ({
    id: text,
    text,
    judgements: { [docId]: 1 },
  }));
  expect((await postJson(api, "/vectors/hnsw/evals", { name, queries })).status).toBe(200);
  const policy = { gates: { hitMin: 0.9, meanReciprocalRankMin: 0.9 }, evalSet: name };
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify(policy);
  expect((await send(api, "/vectors/indexes/notes/policy", { method: "PUT", headers, body })).status).toBe(
    200,
  );
}

async function append(tag: string): Promise<JobView> {
  const file = { name: `${tag}.csv`, content: `text\nonly${tag} heron\n` };
  return world.ended(jobUrlOf(await upload(api, { dataset: "notes", text_columns: "text" }, file)));
}

describe("an index that is judged by people's own queries", () => {
  test("serves what answers them, and keeps serving it when the next build does not", async () => {
    const [seventh, eighth] = await Promise.all(
      ["onlyfirst7", "onlyfirst8"].map(async (word) => String((await search(word)).hits[0].doc_id)),
    );
    await judgeBy("right", { onlyfirst7: seventh!, onlyfirst8: eighth! });
    expect((await append("second")).state).toBe("completed");
    const { generation, hits } = await search("onlysecond");
    expect(hits[0].text).toContain("onlysecond");
    const place = `/vectors/indexes/notes/generations/${generation}`;
    const report = await get(`${place}/gate`);
    expect(report).toMatchObject({ passed: true, eval_set: "right" });
    expect(report.checks).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: "hit@10", measured: 1, threshold: 0.9, passed: true }),
        expect.objectContaining({ name: "mean-reciprocal-rank", measured: 1, threshold: 0.9 }),
      ]),
    );
    expect(await get(`${place}/certificate`)).toMatchObject({
      id: report.certificate,
      evalSet: { name: "right", queryCount: 2 },
      hit: 1,
      meanReciprocalRank: 1,
    });

    await judgeBy("wrong", { onlyfirst7: eighth!, "heron onlyfirst8": "nobody" });
    expect(await append("third")).toMatchObject({ state: "failed", error: { type: "gate-failed" } });
    expect((await search("onlyfirst7")).generation).toBe(generation);
    const { generations } = await get("/vectors/indexes/notes/generations");
    const refused = generations
      .map(({ generation: name }: { generation: string }) => name)
      .sort()
      .at(-1);
    expect(refused).not.toBe(generation);
    const failed = await get(`/vectors/indexes/notes/generations/${refused}/gate`);
    expect(failed).toMatchObject({ passed: false, certificate: null, eval_set: "wrong" });
    expect(failed.checks.filter(({ passed }: { passed: boolean }) => !passed)).toMatchObject([
      { name: "hit@10", measured: expect.any(Number), threshold: 0.9 },
      { name: "mean-reciprocal-rank" },
    ]);
    const promotion = await postJson(api, "/vectors/indexes/notes/promote", { generation: refused });
    expect(problemOf(promotion)).toMatchObject({ status: 409, type: "gate-failed" });
  }, 240_000);
});

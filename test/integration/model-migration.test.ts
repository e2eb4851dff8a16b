import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { listPipelines } from "@lakefleet/lib/embedding/pipeline-place.ts";
import { collectPipelines } from "@lakefleet/lib/migration/collect-pipelines.ts";
import { openLocalStore } from "@lakefleet/lib/storage/local-store.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { jobUrlOf, problemOf } from "../support/lake-client.ts";
import {
  type MigratingLake,
  newEmbedder,
  newModel,
  oldEmbedder,
  openMigratingLake,
} from "../support/migrating-lake.ts";

const rowCount = 600;
/** An index as small as this is sampled by so many chunks, whatever the share. */
const sampleCount = 512;
/** The gate embeds so many stored texts again, to see that the model made their vectors. */
const proofMax = 8;
const rowOf = (row: number, edition: number): [string, string] => [
  `n${row}`,
  `note ${row} of edition ${edition} about the ${row % 7} seas and ${row * 31} ships`,
];

let notes: MigratingLake;

beforeAll(async () => {
  notes = await openMigratingLake();
  const rows = new Map(Array.from({ length: rowCount }, (_, row) => rowOf(row, 1)));
  expect((await notes.endOf(jobUrlOf(await notes.upload(rows, oldEmbedder)))).state).toBe("completed");
});
afterAll(() => notes.close());

const Answer = z.object({ generation: z.string(), hits: z.array(z.object({ doc_id: z.string() })) });

/** Oftener than anything that a migration does to an index, and seldom enough to leave it the processor. */
const searchEveryMs = 25;

/** Searches again and again until it is stopped; what each answered. */
function keepSearching() {
  const answers: { status: number; generation: string; docIds: string }[] = [];
  let stopped = false;
  const loop = (async () => {
    while (!stopped) {
      const { status, text } = await notes.search();
      const answer = Answer.safeParse(JSON.parse(text)).data;
      const docIds = answer?.hits.map(({ doc_id }) => doc_id).join() ?? text;
      answers.push({ status, generation: answer?.generation ?? "none", docIds });
      await pause(searchEveryMs);
    }
  })();
  return {
    answers,
    async stop() {
      stopped = true;
      await loop;
    },
  };
}

test("a model is changed beside an index that answers throughout, embeds only what is new, and can be taken back", async () => {
  const first = await notes.active();
  const searching = keepSearching();

  const { id, job } = await notes.begin();
  expect(job).toMatchObject({ state: "completed", result: { chunks: sampleCount, embedded: sampleCount } });
  expect(new Set(notes.embedded()).size).toBe(sampleCount);
  const sampled = await notes.migration(id);
  expect(sampled).toMatchObject({
    state: "sampled",
    from: oldEmbedder,
    to: newEmbedder,
    prediction: {
      chunks: rowCount,
      to_embed: rowCount - sampleCount,
      sample: { chunks: sampleCount, embedded: sampleCount },
    },
  });
  expect(await notes.active()).toBe(first);

  expect((await notes.shadow(id)).state).toBe("completed");
  expect(new Set(notes.embedded()).size).toBe(rowCount);
  expect(notes.embedded().length).toBeLessThanOrEqual(rowCount + proofMax);
  expect((await notes.migration(id)).state).toBe("ready");
  expect(await notes.active()).toBe(first);

  const changed = new Map(Array.from({ length: rowCount / 100 }, (_, row) => rowOf(row * 100, 2)));
  await notes.write(changed);
  const second = await notes.active();
  expect(second).not.toBe(first);
  expect(problemOf(await notes.post(id, "cutover"))).toMatchObject({ status: 409, type: "migration-behind" });
  const known = new Set(notes.embedded());
  const before = notes.embedded().length;
  const again = await notes.shadow(id);
  expect(again.state).toBe("completed");
  const asked = notes.embedded().slice(before);
  expect(asked.filter((text) => !known.has(text)).sort()).toEqual([...changed.values()].sort());
  expect(asked.length).toBeLessThanOrEqual(changed.size + proofMax);

  const cutover = await notes.post(id, "cutover");
  expect(JSON.parse(cutover.text)).toMatchObject({ state: "cut-over", embedder: newEmbedder, job: null });
  const third = await notes.active();
  expect(JSON.parse(cutover.text).generation).toBe(third);
  expect(JSON.parse((await notes.search()).text).generation).toBe(third);

  const rollback = await notes.post(id, "rollback");
  expect(JSON.parse(rollback.text)).toMatchObject({
    state: "rolled-back",
    embedder: oldEmbedder,
    generation: second,
    job: null,
  });
  expect(JSON.parse((await notes.search()).text).generation).toBe(second);
  await searching.stop();

  const failed = searching.answers.filter(({ status }) => status !== 200);
  expect(failed).toEqual([]);
  // What each generation answers is one answer: none is mixed of two models.
  const served = new Map(searching.answers.map(({ generation, docIds }) => [generation, docIds]));
  expect(searching.answers.filter(({ generation, docIds }) => served.get(generation) !== docIds)).toEqual([]);
  expect(new Set(served.keys()).isSubsetOf(new Set([first, second, third]))).toBe(true);
}, 180_000);

test("two models are compared query by query before either is chosen", async () => {
  const { id, job } = await notes.begin();
  expect(job.result).toMatchObject({ embedded: 0, reused: sampleCount, costUsd: 0 });
  expect((await notes.migration(id)).prediction).toMatchObject({ to_embed: 0 });
  const before = notes.embedded().length;
  await notes.shadow(id);
  expect(notes.embedded().length - before).toBeLessThanOrEqual(proofMax);
  const { shadow } = await notes.migration(id);

  const one = await notes.compare({ query: "wheat", k: 20 });
  expect(one).toMatchObject({
    a: { embedder: oldEmbedder },
    b: { generation: shadow?.generation, embedder: newEmbedder },
    summary: { queries: 1 },
  });
  const [comparison] = one.comparisons;
  const listed = (answer: z.infer<typeof Answer> | undefined) =>
    answer?.hits.map(({ doc_id }) => doc_id) ?? [];
  const [inA, inB] = [listed(comparison?.answer_a), listed(comparison?.answer_b)];
  expect(comparison?.only_in_a.map(({ doc_id }) => doc_id)).toEqual(
    inA.filter((name) => !inB.includes(name)),
  );
  expect(comparison?.overlap).toBe(inA.filter((name) => inB.includes(name)).length / 20);

  const many = await notes.compare({ queries: ["wheat", "seas"], a: oldEmbedder, b: oldEmbedder });
  expect(many.summary).toMatchObject({ queries: 2, overlap: 1, identical: 2, same_first: 2, rank_moves: 0 });
});

test("quality is predicted by an index's judged queries, the same way each time", async () => {
  const queries = Array.from({ length: 20 }, (_, query) => ({
    id: `q${query}`,
    text: rowOf(query * 29, 1)[1].replace("about ", ""),
    judgements: { [`n${query * 29}`]: 1 },
  }));
  await notes.judge("judged", queries);
  const predicted = [];
  for (const seed of [4, 4]) {
    const [newest] = await notes.migrations();
    await notes.post(newest?.id ?? "", "end");
    const { id } = await notes.begin({ eval_set: "judged", seed });
    predicted.push((await notes.migration(id)).prediction?.quality);
  }
  expect(predicted[0]).toMatchObject({
    source: "eval-set",
    queries: 20,
    mean_reciprocal_rank: { before: expect.any(Number), after: expect.any(Number) },
  });
  const { before, after, difference } = predicted[0]?.mean_reciprocal_rank ?? { before: 0, after: 0 };
  // A query has nearly all words of its document, so either model finds most of them first.
  expect(Math.min(before, after)).toBeGreaterThan(0.8);
  expect(difference?.expected).toBeCloseTo(after - before, 6);
  expect(difference?.low).toBeLessThanOrEqual(after - before);
  expect(difference?.high).toBeGreaterThanOrEqual(after - before);
  expect(predicted[1]).toEqual(predicted[0]);
  const [newest] = await notes.migrations();
  expect((await notes.shadow(newest?.id ?? "")).state).toBe("completed");

  const whole = await notes.compare({ eval_set: "judged", k: 50 });
  expect(whole.comparisons).toHaveLength(20);
  const measured = z.looseObject({ a: z.number(), b: z.number(), difference: z.looseObject({}) });
  const ranks = measured.parse(whole.summary["mean_reciprocal_rank"]);
  // All documents are harder to rank than those of the sample, for either model.
  expect(ranks.a).toBeLessThanOrEqual(before);
  expect(ranks.b).toBeLessThanOrEqual(after);
  expect(ranks.difference).toMatchObject({ expected: expect.closeTo(ranks.b - ranks.a, 6) });
});

test("a change of model that cannot be is refused with its field, and nothing has changed", async () => {
  const before = await notes.migrations();
  const refusals: [string, object, number, string][] = [
    ["", { embedder: "nobody:x@1" }, 400, "embedder-unknown"],
    ["", { embedder: oldEmbedder }, 400, "migration-same"],
    ["", { embedder: newEmbedder }, 409, "migration-open"],
    ["", { embedder: newEmbedder, eval_set: "nowhere" }, 404, "eval-set-missing"],
    ["", { embedder: newEmbedder, sample_share: 0.5 }, 400, "request-invalid"],
    ["", {}, 400, "request-invalid"],
    ["/zzzzzzzzzz/cutover", {}, 404, "migration-missing"],
    ["/zzzzzzzzzz/shadow", {}, 404, "migration-missing"],
    ["/..%2f..%2f/cutover", {}, 400, "request-invalid"],
    [`/${before[0]?.id}/cutover`, { window_hours: -1 }, 400, "request-invalid"],
  ];
  for (const [route, body, status, type] of refusals) {
    const problem = problemOf(await notes.request(route, body));
    expect([route, JSON.stringify(body), problem.status, problem.type]).toEqual([
      route,
      JSON.stringify(body),
      status,
      type,
    ]);
  }
  for (const [body, status, type] of [
    [{ query: "wheat", a: "g00000001-0000000000000000" }, 404, "generation-missing"],
    [{ query: "wheat", b: "nobody:x@1" }, 404, "generation-missing"],
    [{ index: "nowhere", query: "wheat" }, 404, "index-missing"],
    [{ query: "wheat", queries: ["seas"] }, 400, "request-invalid"],
    [{ eval_set: "nowhere" }, 404, "eval-set-missing"],
    [{}, 400, "request-invalid"],
  ] as const)
    expect(problemOf(await notes.ask(body))).toMatchObject({ status, type });
  expect(await notes.migrations()).toEqual(before);
});

test("rows that come after the cutover are by the new model, and a rollback brings them in by the old one", async () => {
  const [{ id } = { id: "" }] = await notes.migrations();
  const before = await notes.active();
  expect((await notes.post(id, "cutover")).status).toBe(200);
  const known = new Set(notes.embedded());
  const asked = notes.embedded().length;
  expect(problemOf(await notes.upload(new Map([rowOf(0, 2)]), oldEmbedder))).toMatchObject({
    status: 409,
    type: "embedder-migrated",
  });
  const added = new Map(Array.from({ length: 6 }, (_, row) => rowOf(rowCount + row, 3)));
  await notes.write(added);
  const fresh = notes.embedded().slice(asked);
  expect(fresh.filter((text) => !known.has(text)).sort()).toEqual([...added.values()].sort());
  expect(await notes.books()).toMatchObject({ rows: rowCount + 6, indexed: rowCount + 6, pending: 0 });

  const rollback = JSON.parse((await notes.post(id, "rollback")).text);
  expect(rollback).toMatchObject({ state: "rolled-back", generation: before });
  expect(JSON.parse((await notes.search()).text).generation).toBe(before);
  expect((await notes.endOf(rollback.job.url)).state).toBe("completed");
  expect(await notes.books()).toMatchObject({ indexed: rowCount + 6, pending: 0, balanced: true });
  expect(await notes.compare({ query: "wheat", b: newEmbedder })).toMatchObject({
    a: { embedder: oldEmbedder },
  });
});

test("what a migration kept goes when its window has closed, and cannot be returned to", async () => {
  const { id } = await notes.begin();
  await notes.shadow(id);
  expect(problemOf(await notes.post(id, "rollback"))).toMatchObject({ status: 409, type: "migration-state" });
  await notes.post(id, "cutover", { window_hours: 0 });
  expect(problemOf(await notes.post(id, "rollback"))).toMatchObject({ status: 409, type: "rollback-window" });
  const store = await openLocalStore({
    name: "primary",
    root: path.join(notes.lake.dataFolder, "buckets/primary"),
  });
  const tidy = { store, index: "notes", locks: path.join(notes.lake.dataFolder, "locks") };
  const kept = (await listPipelines(store, "notes")).length;
  expect(kept).toBeGreaterThan(1);
  expect(await collectPipelines(tidy)).toBe(kept - 1);
  expect((await listPipelines(store, "notes")).map(({ name }) => name)).toEqual([id]);
  expect((await notes.migration(id)).state).toBe("done");
  expect((await notes.search()).status).toBe(200);
  expect(await collectPipelines(tidy)).toBe(0);
});

test("another build of the new model is refused, and what serves goes on", async () => {
  const back = await notes.begin({ embedder: oldEmbedder });
  expect((await notes.shadow(back.id)).state).toBe("completed");
  await notes.post(back.id, "cutover", { window_hours: 0 });
  const { id } = await notes.begin();
  notes.server.change(newModel, { digest: "c".repeat(64) });
  await notes.write(new Map([rowOf(0, 9)]));
  expect(await notes.shadow(id)).toMatchObject({ state: "failed", error: { type: "embedder-changed" } });
  expect((await notes.migration(id)).state).toBe("shadow");
  expect((await notes.search()).status).toBe(200);
  expect(JSON.parse((await notes.post(id, "end")).text)).toMatchObject({ state: "abandoned" });
});

import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { problemOf } from "../support/lake-client.ts";
import {
  type MigratingLake,
  newEmbedder,
  oldEmbedder,
  openMigratingLake,
} from "../support/migrating-lake.ts";

const rowCount = 600;
/** The gate embeds so many stored texts again, to see that the model made their vectors. */
const proofMax = 8;
const rowOf = (row: number, edition: number): [string, string] => [
  `n${row}`,
  `note ${row} of edition ${edition} about the ${row % 7} seas and ${row * 31} ships`,
];

let notes: MigratingLake;

beforeAll(async () => {
  notes = await openMigratingLake();
  await notes.write(new Map(Array.from({ length: rowCount }, (_, row) => rowOf(row, 1))));
});
afterAll(() => notes.close());

const Answer = z.object({ generation: z.string(), hits: z.array(z.object({ doc_id: z.string() })) });

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
  expect(job).toMatchObject({ state: "completed", result: { chunks: 200, embedded: 200 } });
  expect(new Set(notes.embedded()).size).toBe(200);
  const sampled = await notes.migration(id);
  expect(sampled).toMatchObject({
    state: "sampled",
    from: oldEmbedder,
    to: newEmbedder,
    prediction: { chunks: rowCount, to_embed: 400, sample: { chunks: 200, embedded: 200 } },
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

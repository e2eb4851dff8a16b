import { describe, expect, test } from "vitest";
import { memoryGeneration } from "../../test/support/memory-corpus.ts";
import { createMemoryStore } from "../storage/memory-store.ts";
import { createTelemetry } from "../telemetry/telemetry.ts";
import type { EvalSet } from "./eval-set.ts";
import { findTruth } from "./ground-truth.ts";
import { verifyTruthFiles } from "./truth-cache.ts";

const set: EvalSet = {
  schemaVersion: 1,
  name: "s",
  source: { kind: "json" },
  queries: [
    { id: "a", vector: Float32Array.of(1, 0) },
    { id: "b", vector: Float32Array.of(0, 1), exclude: "doc0" },
    { id: "c", text: "nothing that the embedder knows" },
  ],
};
const chunks = Array.from({ length: 20 }, (_, row) => ({
  id: `${row}-0`,
  docId: `doc${row % 4}`,
  vector: Float32Array.of(Math.cos(row), Math.sin(row)),
}));

function openCache() {
  const store = createMemoryStore("test");
  const told: string[] = [];
  const output = { write: (line: string) => void told.push(line) };
  const telemetry = createTelemetry({ service: "test", level: "warn", output });
  const find = (count: number, k = 3, of = set) =>
    findTruth({
      store,
      set: of,
      opened: memoryGeneration(chunks.slice(0, count), 2),
      k,
      embed: () => Promise.resolve(undefined),
      telemetry,
    });
  const keys = async () => (await Array.fromAsync(store.list("evals/s/truth/memory/"))).map(({ key }) => key);
  return { store, told, find, keys };
}

async function flip(store: ReturnType<typeof createMemoryStore>, key: string, at: number): Promise<void> {
  const bytes = Uint8Array.from(await store.get(key));
  bytes.set([bytes.at(at)! ^ 1], at < 0 ? bytes.length + at : at);
  await store.put(key, bytes);
}

describe("the kept ground truth", () => {
  test("is found again, and says which queries have no vector", async () => {
    const { find } = openCache();
    const first = await find(20);
    expect(first.origin).toEqual({ kind: "scanned", queriesScanned: 2, chunksAdded: 0, damaged: [] });
    expect(first.vectorless).toEqual(["c"]);
    expect(first.queries[1]?.exclude).toEqual(Uint32Array.of(0, 4, 8, 12, 16));
    const second = await find(20);
    expect(second).toEqual({ ...first, origin: { ...first.origin, kind: "cached", queriesScanned: 0 } });
  });

  test.each([0, 33, 60, -1])(
    "with a flipped byte at %i it is told of, not believed, and replaced",
    async (at) => {
      const { store, told, find, keys } = openCache();
      const first = await find(20);
      const [key] = await keys();
      await flip(store, key!, at);
      expect(await Array.fromAsync(verifyTruthFiles(store, "s"), ({ type }) => type)).toEqual([
        "eval-truth-damaged",
      ]);
      const second = await find(20);
      expect(second).toEqual({ ...first, origin: { ...first.origin, damaged: [key] } });
      expect(told.join()).toContain("eval.truth-damaged");
      expect((await find(20)).origin.kind).toBe("cached");
      expect(await Array.fromAsync(verifyTruthFiles(store, "s"))).toEqual([]);
    },
  );

  test("that is damaged is no ground to extend from", async () => {
    const { store, find, keys } = openCache();
    await find(18);
    const [key] = await keys();
    await store.put(key!, Buffer.from("short"));
    expect((await find(20)).origin).toEqual({
      kind: "scanned",
      queriesScanned: 2,
      chunksAdded: 0,
      damaged: [key],
    });
  });

  test("is extended by what was appended, and the older one goes", async () => {
    const { find, keys } = openCache();
    await find(18);
    expect((await find(20)).origin).toMatchObject({ kind: "extended", queriesScanned: 0, chunksAdded: 2 });
    expect(await keys()).toHaveLength(1);
  });

  test("survives the removal of what no query had found, and of what one had found costs that query alone", async () => {
    const { store } = openCache();
    const find = (left: typeof chunks) =>
      findTruth({
        ...{ store, set, k: 1, embed: () => Promise.resolve(undefined) },
        opened: memoryGeneration(left, 2),
      });
    await find(chunks);
    // Rows 0 and 14 point the way of the first and, outside of its own document, of the second query.
    const less = await find(chunks.filter((_, row) => row !== 3));
    expect(less.origin).toMatchObject({ kind: "extended", queriesScanned: 0, chunksAdded: 0 });
    const lost = await find(chunks.filter((_, row) => row !== 3 && row !== 0));
    expect(lost.origin).toMatchObject({ kind: "extended", queriesScanned: 1, chunksAdded: 0 });
  });

  test("of another depth or another set is another one, and their number is bounded", async () => {
    const { find, keys } = openCache();
    for (let k = 1; k <= 12; k++) expect((await find(20, k)).origin.kind).toBe("scanned");
    expect((await keys()).length).toBeLessThanOrEqual(8);
    const other = { ...set, queries: [{ id: "a", vector: Float32Array.of(1, 1) }] };
    expect((await find(20, 12, other)).origin.kind).toBe("scanned");
  });

  test("refuses a query of another dimension, and a set without any vector", async () => {
    const { find } = openCache();
    const long = { ...set, queries: [{ id: "long", vector: Float32Array.of(1, 1, 1) }] };
    await expect(find(20, 3, long)).rejects.toMatchObject({ kind: "invalid", type: "eval-dimension" });
    const silent = { ...set, queries: [{ id: "c", text: "!" }] };
    await expect(find(20, 3, silent)).rejects.toMatchObject({ kind: "invalid", type: "eval-vectorless" });
  });
});

import { describe, expect, test } from "vitest";
import { createMemoryStore } from "../storage/memory-store.ts";
import type { EvalQuery, EvalSet } from "./eval-set.ts";
import { commitEvalSet, evalSetChecksum, listEvalSets, readEvalSet } from "./eval-set-log.ts";

function setOf(queries: EvalQuery[], name = "s"): EvalSet {
  return { schemaVersion: 1, name, source: { kind: "json" }, queries };
}

const queries: EvalQuery[] = [
  { id: "1", text: "flat tyre", judgements: { a: 1, b: 0 } },
  { id: "2", vector: Float32Array.of(0.1, -2.5e-8, 3e7), exclude: "a", text: undefined },
];

describe("an eval set", () => {
  test("reads back as it was, bit by bit, under one checksum", async () => {
    const store = createMemoryStore("test");
    const made = await commitEvalSet(store, setOf(queries));
    const read = await readEvalSet(store, "s");
    expect(read.set.queries[1]?.vector).toEqual(queries[1]?.vector);
    expect([read.checksum, read.version, read.at]).toEqual([made.checksum, 1, made.at]);
    expect(evalSetChecksum(read.set)).toBe(read.checksum);
  });

  test("made again is the same one; changed, it is its next version", async () => {
    const store = createMemoryStore("test");
    await commitEvalSet(store, setOf(queries));
    expect(await commitEvalSet(store, setOf(queries))).toMatchObject({ reused: true, version: 1 });
    const changed = await commitEvalSet(store, setOf(queries.slice(0, 1)));
    expect(changed).toMatchObject({ reused: false, version: 2 });
    expect((await readEvalSet(store, "s")).set.queries).toHaveLength(1);
    await commitEvalSet(store, setOf(queries, "other"));
    expect(await listEvalSets(store)).toEqual(["other", "s"]);
  });

  test.each(["missing", "../s", "", "S", "a/b"])("of the name %j is not there", async (name) => {
    const store = createMemoryStore("test");
    await expect(readEvalSet(store, name)).rejects.toMatchObject({
      kind: "not-found",
      type: "eval-set-missing",
    });
  });

  test("that would take too many bytes is refused", async () => {
    const store = createMemoryStore("test");
    const long = Array.from({ length: 600 }, (_, id) => ({ id: String(id), text: "x".repeat(32_000) }));
    await expect(commitEvalSet(store, setOf(long))).rejects.toMatchObject({ type: "eval-set-size" });
  });

  test("keeps its checksum when a document's name is one that objects reserve", async () => {
    const store = createMemoryStore("test");
    const judgements = JSON.parse('{"__proto__": 1, "constructor": 2}');
    const made = await commitEvalSet(store, setOf([{ id: "1", text: "x", judgements }]));
    expect((await readEvalSet(store, "s")).checksum).toBe(made.checksum);
  });
});

import type { EvalSet } from "@lakefleet/lib/evaluation/eval-set.ts";
import { type EvalTruth, findTruth } from "@lakefleet/lib/evaluation/ground-truth.ts";
import type { OpenGeneration } from "@lakefleet/lib/generation/read/open-generation.ts";
import { createMemoryStore } from "@lakefleet/lib/storage/memory-store.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type MemoryChunk, memoryGeneration } from "../support/memory-corpus.ts";

const dimension = 3;
/** Few values, so that equal scores are common. */
const vector = fc
  .array(fc.integer({ min: -2, max: 2 }), { minLength: dimension, maxLength: dimension })
  .filter((values) => values.some((value) => value !== 0))
  .map((values) => Float32Array.from(values));
const chunk = fc.record({ docId: fc.constantFrom("a", "b", "c", "d"), vector });

const embed = () => Promise.resolve(undefined);

function truthOf(
  store: ReturnType<typeof createMemoryStore>,
  set: EvalSet,
  opened: OpenGeneration,
  k: number,
) {
  return findTruth({ store, set, opened, k, embed });
}

/** All that a measurement reads. */
function answersOf(truth: EvalTruth) {
  return truth.queries.map(({ id, threshold, hitCount, exclude }) => ({ id, threshold, hitCount, exclude }));
}

test("answers extended over every change of a corpus are those of a scan from scratch", async () => {
  const kinds = new Set<string>();
  await fc.assert(
    fc.asyncProperty(
      fc.array(chunk, { minLength: 4, maxLength: 40 }),
      fc.array(
        fc.record({
          added: fc.array(chunk, { maxLength: 6 }),
          removed: fc.array(fc.nat(60), { maxLength: 3 }),
          reversed: fc.boolean(),
        }),
        { minLength: 1, maxLength: 4 },
      ),
      fc.array(fc.record({ vector, exclude: fc.option(fc.constantFrom("a", "b", "gone")) }), {
        minLength: 1,
        maxLength: 5,
      }),
      fc.integer({ min: 1, max: 12 }),
      async (first, changes, queries, k) => {
        const set: EvalSet = {
          schemaVersion: 1,
          name: "s",
          source: { kind: "json" },
          queries: queries.map(({ exclude, ...query }, place) => ({
            id: `q${place}`,
            ...query,
            ...(exclude === null ? {} : { exclude }),
          })),
        };
        const store = createMemoryStore("kept");
        let next = 0;
        const named = (chunks: typeof first): MemoryChunk[] =>
          chunks.map((each) => ({ ...each, id: `${next++}-0` }));
        let chunks = named(first);
        await truthOf(store, set, memoryGeneration(chunks, dimension), k);
        for (const { added, removed, reversed } of changes) {
          chunks = [...chunks.filter((_, place) => !removed.includes(place)), ...named(added)];
          if (chunks.length === 0) return;
          if (reversed) chunks = chunks.toReversed();
          const opened = memoryGeneration(chunks, dimension);
          const kept = await truthOf(store, set, opened, k);
          const scratch = await truthOf(createMemoryStore("fresh"), set, opened, k);
          kinds.add(kept.origin.kind);
          expect(kept.fingerprint).toBe(scratch.fingerprint);
          expect(answersOf(kept)).toEqual(answersOf(scratch));
          const again = await truthOf(store, set, memoryGeneration(chunks, dimension), k);
          expect(again.origin.kind).toBe("cached");
          expect(answersOf(again)).toEqual(answersOf(scratch));
        }
      },
    ),
    { numRuns: 300 },
  );
  expect(kinds).toEqual(new Set(["cached", "extended", "scanned"]));
});

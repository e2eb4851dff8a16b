import { removeGeneration } from "@lakefleet/lib/generation/collect-generations.ts";
import type { OpenGeneration } from "@lakefleet/lib/generation/read/open-generation.ts";
import { openUngated } from "@lakefleet/lib/generation/read/open-generation.ts";
import { IndexParameters } from "@lakefleet/lib/vector/index-parameters.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type IndexedLake, type LakeRow, madeUpRows, openIndexedLake } from "../support/indexed-lake.ts";
import { costly, costlyMs } from "../support/long-runs.ts";

/** Rows are few here, so an append must not look too large a part of them. */
const alwaysAppend = { appendedShareMax: 0.95, deadShareMax: 0.95, appendedMax: 3 };
const neverAppend = { appendedShareMax: -1, deadShareMax: 0, appendedMax: 0 };
const baseCount = 40;

type Edit =
  | { kind: "append"; count: number }
  | { kind: "replace"; rows: number[] }
  | { kind: "empty"; rows: number[] };

const rowNumbers = fc.uniqueArray(fc.integer({ min: 0, max: baseCount - 1 }), { minLength: 1, maxLength: 8 });
const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.record({ kind: fc.constant("append" as const), count: fc.integer({ min: 1, max: 12 }) }),
  fc.record({ kind: fc.constant("replace" as const), rows: rowNumbers }),
  fc.record({ kind: fc.constant("empty" as const), rows: rowNumbers }),
);
const scripts = fc.array(edit, { minLength: 2, maxLength: 5 });

async function perform(lake: IndexedLake, change: Edit, step: number): Promise<void> {
  if (change.kind === "append") return lake.write(madeUpRows(change.count, `step${step}x`));
  const rows: LakeRow[] = change.rows.map((row) => ({
    name: `a${row}`,
    body: change.kind === "empty" ? null : `changed in step${step} harbor ${"kelp fjord ".repeat(row % 40)}`,
    topic: row % 2 === 0 ? "sea" : "shore",
    year: 1_900 + row,
  }));
  return lake.write(rows, "upsert");
}

/** All that a generation answers, by the names of its chunks: ordinals are its own affair. */
async function answersOf(opened: OpenGeneration) {
  const { rows, lexical, vectors, manifest } = opened;
  const all = rows.fetch([...Array(manifest.vectorCount).keys()]);
  const name = (ordinal: number) => all[ordinal]!.id;
  const ranked = ({ ordinals, scores }: { ordinals: Uint32Array; scores: Float32Array }) =>
    [...ordinals]
      .map((ordinal, rank) => ({ id: name(ordinal), score: Math.fround(scores[rank]!) }))
      .sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1));
  const stored = new Map<string, number[]>();
  for await (const { firstOrdinal, vectors: block } of opened.vectorBlocks()) {
    const { dimension } = manifest;
    for (let row = 0; row * dimension < block.length; row += 1)
      stored.set(name(firstOrdinal + row), [...block.subarray(row * dimension, (row + 1) * dimension)]);
  }
  const filters = await Promise.all(
    ["m0 = 'sea'", "m0 IS NULL", "m1 < 1995", "m0 = 'shore' AND m1 > 1910"].map((where) =>
      opened.select(where),
    ),
  );
  const queries = [...stored.values()].filter((_, row) => row % 11 === 0).map((v) => Float32Array.from(v));
  const everything = all.length + 1;
  const answers = {
    chunks: all.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    vectors: [...stored].sort(([a], [b]) => (a < b ? -1 : 1)),
    words: [undefined, ...filters].map((filter) =>
      ["onlya3 amber", "harbor kelp of", "changed step1 fjord", "step0x lagoon meadow"].map((query) =>
        ranked(lexical.search(query, { k: everything, filter })),
      ),
    ),
    selected: filters.map(({ matchCount }) => matchCount),
    exact: [] as unknown[],
    accounting: manifest.accounting,
    missing: rows.rowStates({ afterRowId: -1, limit: 1_000 }),
    ranges: [...rows.indexedRanges()],
    rowIds: [] as number[],
  };
  for (const filter of [undefined, ...filters])
    for (const query of queries) {
      const hits = await vectors.exact(query, { k: everything, filter });
      answers.exact.push(ranked(hits).map(({ id, score }) => [id, Number(score.toFixed(5))]));
      const best = await vectors.exact(query, { k: 3, filter });
      expect([...best.scores]).toEqual([...hits.scores].slice(0, 3));
      const found = await vectors.search(query, { k: 5, filter });
      expect(found.ordinals.length).toBe(Math.min(5, hits.ordinals.length));
    }
  for await (const rowIds of rows.chunkRowIds()) answers.rowIds.push(...rowIds);
  answers.rowIds.sort((a, b) => a - b);
  return answers;
}

async function buildAndAnswer(lake: IndexedLake, limits: typeof alwaysAppend) {
  const { manifest } = await lake.build(undefined, limits);
  const opened = await openUngated({ store: lake.store, index: "i", generation: manifest.generation });
  try {
    return { manifest, answers: await answersOf(opened) };
  } finally {
    await opened.close();
  }
}

describe.each(["hnsw", "lance"] as const)("a generation of %s made of segments", (backend) => {
  test(
    "answers like one built from scratch, whatever was appended, replaced and emptied",
    async () => {
      let appends = 0;
      await fc.assert(
        fc.asyncProperty(scripts, async (script) => {
          const lake = await openIndexedLake();
          try {
            await lake.define({ parameters: IndexParameters.parse({ backend }) });
            await lake.write(madeUpRows(baseCount));
            await lake.publish(alwaysAppend);
            for (const [step, change] of script.entries()) {
              await perform(lake, change, step);
              // The gate sees the last of them.
              if (step < script.length - 1) await lake.force(alwaysAppend);
              else await lake.publish(alwaysAppend);
            }
            const appended = await buildAndAnswer(lake, alwaysAppend);
            appends += appended.manifest.parent === null ? 0 : 1;
            await removeGeneration(lake.store, "i", appended.manifest.generation);
            const whole = await buildAndAnswer(lake, neverAppend);
            expect(whole.manifest.parent).toBeNull();
            expect(appended.answers).toEqual(whole.answers);
          } finally {
            await lake.remove();
          }
        }),
        costly(backend === "hnsw" ? 2 : 1, 20_261),
      );
      expect(appends).toBeGreaterThan(0);
    },
    costlyMs,
  );
});

import { openPipeline } from "@lakefleet/lib/embedding/pipeline-tables.ts";
import { openUngated } from "@lakefleet/lib/generation/read/open-generation.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type IndexedLake, type LakeRow, madeUpRows, openIndexedLake } from "../support/indexed-lake.ts";
import { costly, costlyMs } from "../support/long-runs.ts";

const runs = { ...costly(2, 20_262), endOnFailure: true };
/** Rows are few here, so an append must not look too large a part of them. */
const alwaysAppend = { appendedShareMax: 0.95, deadShareMax: 0.95, appendedMax: 3 };

const paragraph = (topic: string, place: number) =>
  `${topic} part ${place}: ${"the river runs through the valley and past the mill ".repeat(5)}`;
const longText = Array.from({ length: 10 }, (_, place) => paragraph("mill", place)).join("\n\n");
/** Some equal, some with most of their chunks equal, some without anything to find. */
const bodies = [
  null,
  "",
  "  \n ",
  "!!!",
  "a lamp by the window",
  "a lamp by the window",
  "a boat on the lake",
  longText,
  `${longText}\n\n${paragraph("added", 11)}`,
  longText.slice(0, 250),
  longText.replace("mill part 4", "mine part 4"),
];
const topics = ["sea", "land", null];

const rowArbitrary: fc.Arbitrary<LakeRow> = fc.record({
  name: fc.constantFrom("r0", "r1", "r2", "r3", "r4", "r5"),
  body: fc.constantFrom(...bodies),
  topic: fc.constantFrom(...topics),
});
const rowsArbitrary = fc.uniqueArray(rowArbitrary, {
  minLength: 1,
  maxLength: 6,
  selector: ({ name }) => name,
});

interface Edit {
  mode: "upsert" | "delete" | "sync";
  rows: LakeRow[];
  /** Whether a generation is built of this state, or of a later one only. */
  published: boolean;
}

const scriptArbitrary: fc.Arbitrary<Edit[]> = fc.array(
  fc.record({
    mode: fc.constantFrom("upsert" as const, "upsert" as const, "delete" as const, "sync" as const),
    rows: rowsArbitrary,
    published: fc.boolean(),
  }),
  { minLength: 2, maxLength: 6 },
);

/** Rows that no script touches, so that there always is an index. */
const anchors = madeUpRows(12);

function applyEdit(before: ReadonlyMap<string, LakeRow>, { mode, rows }: Edit): Map<string, LakeRow> {
  if (mode === "sync") return new Map([...anchors, ...rows].map((row) => [row.name, row]));
  const after = new Map(before);
  for (const row of rows) {
    if (mode === "delete") after.delete(row.name);
    else after.set(row.name, row);
  }
  return after;
}

/** Hashes of the texts that have a vector, in the index and in the cache. */
async function readTexts({ store, locks }: IndexedLake) {
  const pipeline = await openPipeline({ store, index: "i", locks });
  try {
    const embedded = pipeline.documents.query().where("vector is not null");
    const [documents, cached] = [
      await embedded.select(["content_hash"]).toArray(),
      await pipeline.cache.query().select(["content_hash"]).toArray(),
    ];
    const hashes = (rows: { content_hash: string }[]) => rows.map((row) => row.content_hash).sort();
    return { index: new Set(hashes(documents)), cache: hashes(cached) };
  } finally {
    pipeline.close();
  }
}

/** All that the index answers, by the rows' own names: row ids are not the same in an index that was made anew. */
async function answersOf(lake: IndexedLake) {
  const generation = await lake.force(alwaysAppend);
  const opened = await openUngated({ store: lake.store, index: "i", generation });
  try {
    const { rows, lexical, vectors, manifest } = opened;
    const all = rows.fetch([...Array(manifest.vectorCount).keys()]);
    const described = all.map(({ doc_id, chunk_index, text, metadata }) =>
      JSON.stringify({ doc_id, chunk_index, text, metadata }),
    );
    const ranked = ({ ordinals, scores }: { ordinals: Uint32Array; scores: Float32Array }) =>
      [...ordinals].map((ordinal, rank) => `${scores[rank]!.toFixed(4)} ${described[ordinal]}`).sort();
    const everything = { k: all.length + 1 };
    const queries: Float32Array[] = [];
    for await (const { vectors: block } of opened.vectorBlocks()) {
      for (let first = 0; first < block.length; first += manifest.dimension)
        queries.push(block.slice(first, first + manifest.dimension));
    }
    queries.sort((one, other) => (one.join() < other.join() ? -1 : 1));
    const filter = await opened.select("m0 = 'sea'");
    return {
      chunks: described.toSorted(),
      words: ["lamp window", "mill valley part 4", "onlya3 amber"].flatMap((query) => [
        ranked(lexical.search(query, everything)),
        ranked(lexical.search(query, { ...everything, filter })),
      ]),
      nearest: await Promise.all(
        queries
          .filter((_, place) => place % 13 === 0)
          .map(async (query) => ranked(await vectors.exact(query, everything))),
      ),
      accounting: manifest.accounting,
      missing: rows
        .rowStates({ afterRowId: -1, limit: 1_000 })
        .map(({ docId, state, reason }) => `${docId} ${state} ${reason}`)
        .sort(),
    };
  } finally {
    await opened.close();
  }
}

test(
  `an index that followed its data is the one made of it anew, seed ${runs.seed}`,
  async () => {
    await fc.assert(
      fc.asyncProperty(scriptArbitrary, async (script) => {
        await using lake = disposable(await openIndexedLake());
        await lake.write([...anchors], "sync");
        await lake.force(alwaysAppend);
        let model = applyEdit(new Map(), { mode: "upsert", rows: anchors, published: true });
        for (const edit of script) {
          model = applyEdit(model, edit);
          const before = await readTexts(lake);
          await lake.write(edit.mode === "sync" ? [...anchors, ...edit.rows] : edit.rows, edit.mode);
          const { embedded } = await lake.embed();
          const after = await readTexts(lake);
          // No text is embedded that was there, and none is remembered that is gone.
          expect(embedded).toBe([...after.index].filter((hash) => !before.index.has(hash)).length);
          expect(after.cache).toEqual([...after.index].sort());
          if (edit.published) await lake.force(alwaysAppend);
        }
        await using anew = disposable(await openIndexedLake());
        await anew.write([...model.values()], "sync");
        expect(await answersOf(lake)).toEqual(await answersOf(anew));
      }),
      runs,
    );
  },
  costlyMs,
);

function disposable(lake: IndexedLake): IndexedLake & AsyncDisposable {
  return { ...lake, [Symbol.asyncDispose]: () => lake.remove() };
}

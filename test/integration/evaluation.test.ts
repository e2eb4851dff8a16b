import { corpusFingerprint } from "@lakefleet/lib/evaluation/corpus.ts";
import type { EvalSet } from "@lakefleet/lib/evaluation/eval-set.ts";
import { findFilteredTruth, findTruth } from "@lakefleet/lib/evaluation/ground-truth.ts";
import { reachedHits, searchDepth, type TruthQuery } from "@lakefleet/lib/evaluation/truth-query.ts";
import { type OpenGeneration, openUngated } from "@lakefleet/lib/generation/read/open-generation.ts";
import { createQueryEmbedder } from "@lakefleet/lib/search/embed-query.ts";
import { createMemoryStore } from "@lakefleet/lib/storage/memory-store.ts";
import type { ObjectStore } from "@lakefleet/lib/storage/object-store.ts";
import { IndexParameters } from "@lakefleet/lib/vector/index-parameters.ts";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { type IndexedLake, madeUpRows, openIndexedLake } from "../support/indexed-lake.ts";

let lake: IndexedLake;
const open: OpenGeneration[] = [];
const embedder = createQueryEmbedder();

beforeEach(async () => {
  lake = await openIndexedLake();
});
afterEach(async () => {
  for (const generation of open.splice(0)) await generation.close();
  await lake.remove();
});
afterAll(() => embedder.close());

async function publish(): Promise<OpenGeneration> {
  const generation = await lake.force();
  const opened = await openUngated({ store: lake.store, index: "i", generation });
  open.push(opened);
  return opened;
}

const words: EvalSet = {
  schemaVersion: 1,
  name: "words",
  source: { kind: "json" },
  queries: [
    { id: "own", text: madeUpRows(8)[7]?.body ?? "", exclude: "a7" },
    { id: "words", text: "amber lagoon and meadow" },
    { id: "nothing", text: "!" },
  ],
};

function truthOf(opened: OpenGeneration, store: ObjectStore = lake.store) {
  return findTruth({ store, set: words, opened, k: 5, embed: embedder.embed });
}

/** All that a measurement reads. */
function answersOf(queries: TruthQuery[]) {
  return queries.map(({ id, threshold, hitCount, exclude }) => ({ id, threshold, hitCount, exclude }));
}

describe.each(["hnsw", "lance"] as const)("ground truth over a %s index", (backend) => {
  beforeEach(() => lake.define({ parameters: IndexParameters.parse({ backend }) }));

  test("is what exact search finds, without the document that a query was taken from", async () => {
    await lake.write(madeUpRows(120));
    const opened = await publish();
    const truth = await truthOf(opened);
    expect(truth.vectorless).toEqual(["nothing"]);
    expect(opened.rows.fetch(truth.queries[0]?.exclude ?? []).map(({ doc_id }) => doc_id)).toEqual(["a7"]);
    for (const query of truth.queries) {
      const { ordinals, scores } = await opened.vectors.exact(query.vector, { k: searchDepth(query, 5) });
      expect(reachedHits(query, { ordinals, scores })).toEqual({ reached: 5, wanted: 5 });
      // Without the first hit one is missing, unless that hit was the document which is left out.
      const rest = { ordinals: ordinals.subarray(1), scores: scores.subarray(1) };
      expect(reachedHits(query, rest).reached).toBe(query.id === "own" ? 5 : 4);
    }
    const sea = await opened.select("m0 = 'sea'");
    for (const query of await findFilteredTruth({ truth, opened, filter: sea })) {
      const hits = await opened.vectors.exact(query.vector, { k: searchDepth(query, 5), filter: sea });
      expect(reachedHits(query, hits)).toEqual({ reached: 5, wanted: 5 });
    }
  });

  test("follows appended, replaced and removed rows at the cost of the change", async () => {
    await lake.write(madeUpRows(120));
    expect((await truthOf(await publish())).origin.kind).toBe("scanned");
    await lake.write(madeUpRows(8, "b"));
    const appended = await publish();
    const extended = await truthOf(appended);
    expect(extended.origin).toMatchObject({ kind: "extended", queriesScanned: 0, chunksAdded: 8 });
    const scratch = await truthOf(appended, createMemoryStore("empty"));
    expect(answersOf(extended.queries)).toEqual(answersOf(scratch.queries));
    expect((await truthOf(appended)).origin.kind).toBe("cached");

    await lake.write([{ name: "a7", body: "now of quite another kind" }, ...madeUpRows(2)], "upsert");
    const replaced = await publish();
    const after = await truthOf(replaced);
    expect(after.origin.kind).toBe("extended");
    const again = await truthOf(replaced, createMemoryStore("empty"));
    expect(answersOf(after.queries)).toEqual(answersOf(again.queries));
  });

  test("is shared by all parameters, and by no other corpus", async () => {
    await lake.write(madeUpRows(60));
    const first = await publish();
    await lake.define({
      parameters: IndexParameters.parse({ backend: backend === "hnsw" ? "lance" : "hnsw" }),
    });
    const rebuilt = await publish();
    expect(rebuilt.manifest.generation).not.toBe(first.manifest.generation);
    expect(await corpusFingerprint(rebuilt)).toBe(await corpusFingerprint(first));
    await lake.write(madeUpRows(1, "c"));
    expect(await corpusFingerprint(await publish())).not.toBe(await corpusFingerprint(first));
  });
});

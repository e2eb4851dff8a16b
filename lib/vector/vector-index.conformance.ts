import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildVectorIndex } from "./build/build-vector-index.ts";
import {
  blocksOf,
  bucketColumn,
  bucketFilter,
  compareAll,
  expectTrueOrder,
  filterOf,
  type GroundTruth,
  overlap,
} from "./conformance/ground-truth.ts";
import type { IndexParameters } from "./index-parameters.ts";
import { openVectorIndex } from "./read/open-vector-index.ts";
import type { VectorIndex } from "./vector-index.ts";

export interface ConformanceCase {
  name: string;
  parameters: IndexParameters;
  /** Least share of the true ten nearest, without and with filters. */
  recallMin: number;
}

export interface ConformanceData {
  dimension: number;
  /** Clustered unit vectors, back to back; at least 2000. */
  vectors: Float32Array;
  queries: readonly { query: Float32Array; truth: GroundTruth }[];
}

interface Subject extends ConformanceData {
  /** Over all vectors; there from the first test on. */
  index: VectorIndex;
  vectorCount: number;
  recallMin: number;
  /** Nothing is built but the vectors. */
  flat: boolean;
  build(vectors: Float32Array): Promise<VectorIndex>;
}

/** What every vector backend, engine, quantisation and kind must do alike. */
export function describeVectorIndex(
  { name, parameters, recallMin }: ConformanceCase,
  data: ConformanceData,
): void {
  const { dimension, vectors } = data;
  const vectorCount = vectors.length / dimension;
  let folder: string;
  let opened: VectorIndex | undefined;
  const build = async (values: Float32Array) => {
    const target = await mkdtemp(join(folder, "index-"));
    const location = { folder: target, parameters, dimension, vectorCount: values.length / dimension };
    const blocks = blocksOf(values, dimension, 700);
    await buildVectorIndex({ ...location, blocks, metadataColumns: [bucketColumn], threads: 1 });
    return openVectorIndex(location);
  };
  const subject: Subject = {
    ...data,
    vectorCount,
    recallMin,
    flat: "kind" in parameters && parameters.kind === "flat",
    build,
    get index() {
      expect(opened).toBeDefined();
      return opened!;
    },
  };
  describe(name, () => {
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "lakefleet-vectors-"));
      opened = await build(vectors);
    }, 60_000);
    afterAll(async () => {
      await opened?.close();
      await rm(folder, { recursive: true });
    });
    testRanking(subject);
    testFilters(subject);
    testLimits(subject);
    testBlocks(subject);
    testRefusals(subject);
    testSmallIndexes(subject);
  });
}

function testRanking(subject: Subject): void {
  const { queries, recallMin } = subject;
  test("search finds the true neighbours, best first, with their true cosines", async () => {
    let found = 0;
    for (const { query, truth } of queries) {
      const hits = await subject.index.search(query, { k: 10 });
      expect(hits.ordinals).toHaveLength(10);
      expectTrueOrder(hits, truth);
      found += overlap(hits, truth.best(10));
    }
    expect(found / (queries.length * 10)).toBeGreaterThanOrEqual(recallMin);
  });

  test("exact finds all true neighbours, lower ordinals first among equals", async () => {
    for (const { query, truth } of queries.slice(0, 5)) {
      const hits = await subject.index.exact(query, { k: 10 });
      expect(hits.exact).toBe(true);
      expect([...hits.ordinals]).toEqual(truth.best(10));
    }
  });
}

function testFilters(subject: Subject): void {
  const { queries, vectorCount, recallMin } = subject;
  const first = queries[0]!;
  for (const percent of [50, 10, 1]) {
    test(`a filter that keeps ${percent} % keeps the recall and returns allowed rows only`, async () => {
      const filter = bucketFilter(vectorCount, percent);
      let found = 0;
      for (const { query, truth } of queries) {
        const hits = await subject.index.search(query, { k: 10, filter });
        expect(hits.ordinals).toHaveLength(10);
        expectTrueOrder(hits, truth);
        for (const ordinal of hits.ordinals) expect(ordinal % 100).toBeLessThan(percent);
        found += overlap(
          hits,
          truth.best(10, (ordinal) => ordinal % 100 < percent),
        );
      }
      expect(found / (queries.length * 10)).toBeGreaterThanOrEqual(Math.max(0.95, recallMin));
    });
  }

  test("a filter works by its bits alone", async () => {
    const filter = { ...bucketFilter(vectorCount, 10), where: "" };
    const hits = await subject.index.search(first.query, { k: 10, filter });
    expect(hits.ordinals).toHaveLength(10);
    for (const ordinal of hits.ordinals) expect(ordinal % 100).toBeLessThan(10);
  });

  test("a filter that nothing matches gives an empty, exact answer", async () => {
    const filter = filterOf(vectorCount, () => false, "bucket > 100");
    const hits = await subject.index.search(first.query, { k: 10, filter });
    expect(hits.ordinals).toHaveLength(0);
    expect(hits.exact).toBe(true);
  });

  test("a filter that one row matches gives that row", async () => {
    const filter = filterOf(vectorCount, (ordinal) => ordinal === 1234, "");
    const hits = await subject.index.search(first.query, { k: 10, filter });
    expect([...hits.ordinals]).toEqual([1234]);
    expect(hits.exact).toBe(true);
  });
}

function testLimits(subject: Subject): void {
  const { queries, vectorCount, recallMin } = subject;
  const [first, second] = [queries[0]!, queries[1]!];
  test("asking for more than there is gives everything once", async () => {
    const hits = await subject.index.search(first.query, { k: vectorCount + 10 });
    expect(new Set(hits.ordinals).size).toBe(vectorCount);
    const half = await subject.index.search(first.query, {
      k: vectorCount,
      filter: bucketFilter(vectorCount, 50),
    });
    expect(half.ordinals).toHaveLength(vectorCount / 2);
  });

  test("more effort is taken at search time", async () => {
    const hits = await subject.index.search(first.query, { k: 10, effort: 2000 });
    expect(overlap(hits, first.truth.best(10))).toBeGreaterThanOrEqual(10 * recallMin);
  });

  test("fewer hits than k come with the word that no more match, or that the search stopped", async () => {
    const filter = bucketFilter(vectorCount, 50);
    const all = await subject.index.search(first.query, { k: vectorCount, filter });
    expect(all.exact || all.ordinals.length === filter.matchCount).toBe(true);
    const hurried = await subject.index.search(first.query, { k: 400, filter, msMax: 0 });
    expect(hurried.plan?.reason).toContain("ms");
    // Where nothing was built but the vectors, or there was time for all, everything is compared.
    if (hurried.exact) expect(hurried.ordinals).toHaveLength(400);
    else expect(hurried.ordinals.length).toBeLessThan(400);
    expect(hurried.exact).toBe(subject.flat);
  });

  test("many searches at once answer like one alone", async () => {
    const alone = await subject.index.search(second.query, { k: 5 });
    const together = await Promise.all(
      Array.from({ length: 30 }, () => subject.index.search(second.query, { k: 5 })),
    );
    const exact = await Promise.all(queries.map(({ query }) => subject.index.exact(query, { k: 5 })));
    for (const hits of together) expect([...hits.ordinals]).toEqual([...alone.ordinals]);
    exact.forEach((hits, query) => {
      expect([...hits.ordinals]).toEqual(queries[query]!.truth.best(5));
    });
  });
}

function testBlocks(subject: Subject): void {
  test("the blocks hold every vector in the order of the ordinals, each as it came", async () => {
    let next = 0;
    for await (const { firstOrdinal, vectors } of subject.index.blocks()) {
      expect(firstOrdinal).toBe(next);
      const { dimension } = subject;
      const expected = subject.vectors.subarray(next * dimension, next * dimension + vectors.length);
      expect(Buffer.compare(Buffer.from(vectors.buffer), Buffer.from(expected.slice().buffer))).toBe(0);
      next += vectors.length / dimension;
    }
    expect(next).toBe(subject.vectorCount);
  });
}

function testRefusals(subject: Subject): void {
  const { queries, vectors, dimension } = subject;
  const first = queries[0]!;
  test("what cannot be a query is refused with its name", async () => {
    const invalid = (type: string) => expect.objectContaining({ kind: "invalid", type });
    const { query } = first;
    await expect(subject.index.search(query.slice(1), { k: 3 })).rejects.toEqual(invalid("vector-dimension"));
    await expect(
      subject.index.search(
        query.map(() => Number.NaN),
        { k: 3 },
      ),
    ).rejects.toEqual(invalid("vector-value"));
    await expect(
      subject.index.exact(
        query.map(() => 0),
        { k: 3 },
      ),
    ).rejects.toEqual(invalid("vector-value"));
    await expect(subject.index.search(query, { k: 0 })).rejects.toEqual(invalid("search-k"));
    await expect(subject.index.search(query, { k: 3, effort: 0.5 })).rejects.toEqual(
      invalid("search-effort"),
    );
    const filter = filterOf(32, () => true, "");
    await expect(subject.index.search(query, { k: 3, filter })).rejects.toEqual(invalid("filter-size"));
  });

  test("an aborted search is rejected with the reason", async () => {
    const signal = AbortSignal.abort(new Error("the client left"));
    await expect(subject.index.search(first.query, { k: 3, signal })).rejects.toThrow("the client left");
    await expect(subject.index.exact(first.query, { k: 3, signal })).rejects.toThrow("the client left");
  });

  test("a closed index refuses searches and may be closed again", async () => {
    const small = await subject.build(vectors.slice(0, 300 * dimension));
    await small.close();
    await small.close();
    const closed = expect.objectContaining({ type: "vector-index-closed" });
    await expect(small.search(first.query, { k: 3 })).rejects.toEqual(closed);
  });
}

function testSmallIndexes(subject: Subject): void {
  const { vectors, dimension, queries } = subject;
  const first = queries[0]!;
  for (const count of [0, 1, 2, 255, 256, 257]) {
    test(`an index of ${count} vectors answers`, async () => {
      const small = await subject.build(vectors.slice(0, count * dimension));
      const hits = await small.search(first.query, { k: 3 });
      expect(hits.ordinals).toHaveLength(Math.min(3, count));
      const exact = await small.exact(first.query, { k: 3 });
      const truth = compareAll(vectors.subarray(0, count * dimension), dimension, first.query);
      expect([...exact.ordinals]).toEqual(truth.best(3));
      await small.close();
    });
  }

  test("equal vectors come in the order of their ordinals", async () => {
    const copies = new Float32Array(300 * dimension);
    for (let row = 0; row < 300; row++) copies.set(vectors.subarray(0, dimension), row * dimension);
    const same = await subject.build(copies);
    const hits = await same.exact(vectors.slice(0, dimension), { k: 5 });
    expect([...hits.ordinals]).toEqual([0, 1, 2, 3, 4]);
    await same.close();
  });
}

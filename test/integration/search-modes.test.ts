import { createHashEmbedder } from "@lakefleet/lib/embedding/hash-embedder.ts";
import { SearchAnswer, SearchRequest } from "@lakefleet/lib/search/search-contract.ts";
import { createSearchService, type SearchService } from "@lakefleet/lib/search/search-index.ts";
import { silentTelemetry } from "@lakefleet/lib/telemetry/telemetry.ts";
import { IndexParameters } from "@lakefleet/lib/vector/index-parameters.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type IndexedLake, madeUpRows, openIndexedLake } from "../support/indexed-lake.ts";

const rows = madeUpRows(2_000);
const backends = ["hnsw", "lance"] as const;

function embed(text: string): number[] {
  const vector = new Float32Array(768);
  createHashEmbedder().embedInto(text, vector, 0);
  return [...vector];
}

describe.each(backends)("searching an index on %s", (backend) => {
  let lake: IndexedLake;
  let service: SearchService;

  beforeAll(async () => {
    lake = await openIndexedLake();
    await lake.define({ parameters: IndexParameters.parse({ backend }) });
    await lake.write(rows);
    await lake.force();
    service = createSearchService({ store: lake.store, telemetry: silentTelemetry() });
  });
  afterAll(async () => {
    await service.close();
    await lake.remove();
  });
  const search = (request: Omit<SearchRequest, "index">) =>
    service.search(SearchRequest.parse({ index: "i", ...request }));

  test.each(["vector", "lexical", "hybrid"] as const)(
    "mode %s finds the one row that has a word",
    async (mode) => {
      for (const row of [0, 777, 1_999]) {
        const answer = await search({ query: rows[row]?.body ?? "", mode, k: 5 });
        expect(SearchAnswer.parse(answer)).toEqual(answer);
        expect(answer).toMatchObject({ index: "i", mode, complete: true });
        expect(answer.hits).toHaveLength(5);
        expect(answer.hits[0]).toMatchObject({
          id: `${row}-0`,
          doc_id: `a${row}`,
          chunk_index: 0,
          text: rows[row]?.body,
          metadata: { topic: rows[row]?.topic, year: rows[row]?.year },
        });
        const scores = answer.hits.map((hit) => hit.score);
        expect(scores).toEqual(scores.toSorted((a, b) => b - a));
      }
    },
  );

  test("a vector is searched as it is, and the mode follows from what is given", async () => {
    const answer = await search({ vector: embed(rows[42]?.body ?? "").map((value) => value * 7) });
    expect(answer).toMatchObject({
      mode: "vector",
      hits: [{ doc_id: "a42", score: 1 }, ...Array(9).fill({})],
    });
    expect((await search({ query: "onlya42" })).mode).toBe("hybrid");
    expect((await search({ query: "onlya42", vector: embed("amber") })).hits[0]?.doc_id).toBe("a42");
  });

  test.each([
    { year: 1995 },
    { topic: "sea", year: { gte: 1991, lt: 1994 } },
    { topic: null },
    { or: [{ topic: { like: "l%" } }, { year: { in: [1990, 2009] } }] },
    { not: { topic: "sea" } },
    { topic: { ne: "land" }, year: 1_990 },
  ])("filter %j gives k hits that match, in each mode", async (filter) => {
    for (const mode of ["vector", "lexical", "hybrid"] as const) {
      const answer = await search({ query: "amber island harbor", filter, mode, k: 12 });
      expect(answer.hits).toHaveLength(12);
      for (const { metadata } of answer.hits) expect(holds(filter, metadata)).toBe(true);
    }
  });

  test("a filter keeps recall: the filtered hits are the best of those that match", async () => {
    const vector = embed("onlya500 amber");
    const everything = await search({ vector, k: 1_000 });
    const matching = everything.hits.filter((hit) => hit.metadata.year === 2000).map((hit) => hit.score);
    const filtered = await search({ vector, k: 10, filter: { year: 2000 } });
    expect(filtered.hits.map((hit) => hit.score)).toEqual(matching.slice(0, 10));
  });

  test("a filter that nothing matches is answered at once and completely", async () => {
    const answer = await search({ query: "amber", filter: { year: 1 } });
    expect(answer).toMatchObject({ complete: true, hits: [], plan: { path: "none" } });
  });

  test("fewer hits than k say whether fewer match or the search gave up", async () => {
    const vector = embed("amber island");
    const whole = await search({ vector, k: 10 });
    expect(whole.plan).toMatchObject({ outcome: "complete", expected_ms: expect.any(Number) });
    const none = await search({ vector, k: 200, filter: { year: 1999, topic: "sea" } });
    expect(none).toMatchObject({ complete: true, plan: { path: "exact", outcome: "fewer-match" } });
    const wide = { year: { gte: 1995 } };
    const hurried = await search({ vector, k: 500, filter: wide, max_ms: 0 });
    expect(hurried.hits.length).toBeLessThan(500);
    expect(hurried).toMatchObject({ complete: false, plan: { path: "graph", outcome: "gave-up" } });
    const patient = await search({ vector, k: 500, filter: wide });
    expect(patient).toMatchObject({ complete: true, plan: { outcome: "complete" } });
    expect(patient.hits).toHaveLength(500);
  });

  test("fewer matches than k are all of them", async () => {
    const few = rows.filter((row) => row.year === 1999 && row.topic === "sea").length;
    const answer = await search({ vector: embed("amber"), k: 200, filter: { year: 1999, topic: "sea" } });
    expect(answer.hits).toHaveLength(few);
    expect(answer.complete).toBe(true);
  });

  test("pages of one ranking neither overlap nor skip", async () => {
    const whole = await search({ query: "amber island", k: 50 });
    const pages = [];
    for (const offset of [0, 20, 40]) {
      pages.push(...(await search({ query: "amber island", k: 50, offset, limit: 20 })).hits);
    }
    expect(pages).toEqual(whole.hits);
    expect((await search({ query: "amber", k: 10, offset: 10 })).hits).toEqual([]);
  });

  test("min_score cuts the tail and nothing else", async () => {
    const whole = await search({ query: "onlya7 amber", k: 30 });
    const least = whole.hits[11]?.score ?? 0;
    const cut = await search({ query: "onlya7 amber", k: 30, min_score: least });
    expect(cut.hits).toEqual(whole.hits.filter((hit) => hit.score >= least));
  });

  test("a query without any word has an answer in each mode", async () => {
    for (const query of ["", " ", "?!", "\u{1F600}", "\0"]) {
      for (const mode of ["vector", "lexical", "hybrid"] as const) {
        expect(await search({ query, mode })).toMatchObject({ mode, complete: true });
      }
    }
  });
});

describe("a search that cannot be answered", () => {
  let lake: IndexedLake;
  let service: SearchService;
  beforeAll(async () => {
    lake = await openIndexedLake();
    await lake.write(madeUpRows(10));
    await lake.force();
    service = createSearchService({ store: lake.store, telemetry: silentTelemetry() });
  });
  afterAll(async () => {
    await service.close();
    await lake.remove();
  });

  test.each([
    ["nothing to look for", {}, "search-query"],
    ["a lexical search for a vector", { mode: "lexical", vector: [1] }, "search-query"],
    ["a hybrid search for a vector", { mode: "hybrid", vector: Array(768).fill(1) }, "search-query"],
    ["a vector of another dimension", { vector: [1, 2, 3] }, "vector-dimension"],
    ["a zero vector", { vector: Array(768).fill(0) }, "vector-value"],
    ["a filter on no column", { query: "a", filter: { nothing: 1 } }, "filter-column"],
    ["a filter with a wrong value", { query: "a", filter: { year: "soon" } }, "filter-value"],
  ] as const)("%s is refused", async (_what, request, type) => {
    await expect(service.search({ index: "i", ...request } as SearchRequest)).rejects.toMatchObject({
      kind: "invalid",
      type,
    });
  });

  test("an index that does not exist, has no name, or has nothing active yet, says so", async () => {
    for (const index of ["none", "", "../i", "I", "__proto__"]) {
      await expect(service.search({ index, query: "a" })).rejects.toMatchObject({ type: "index-missing" });
    }
    const fresh = await openIndexedLake();
    const other = createSearchService({ store: fresh.store, telemetry: silentTelemetry() });
    await expect(other.search({ index: "i", query: "a" })).rejects.toMatchObject({ type: "index-not-ready" });
    await fresh.write(madeUpRows(3));
    const generation = await fresh.force();
    expect((await other.search({ index: "i", query: "a" })).generation).toBe(generation);
    await other.close();
    await fresh.remove();
  });

  test.each([
    { index: "i", query: "a", k: 0 },
    { index: "i", query: "a", k: 1_001 },
    { index: "i", query: "a", k: 1.5 },
    { index: "i", vector: [] },
    { index: "i", vector: [1, null] },
    { index: "i", vector: [Number.NaN] },
    { index: "i", query: "a", filter: [] },
    { index: "i", query: "a", unknown: 1 },
    { index: "i", query: "a", offset: -1 },
    { query: "a" },
  ])("the schema refuses %j", (request) => {
    expect(SearchRequest.safeParse(request).success).toBe(false);
  });
});

test("the schema refuses a query as long as a document", () => {
  expect(SearchRequest.safeParse({ index: "i", query: "x".repeat(10_001) }).success).toBe(false);
  expect(SearchRequest.safeParse({ index: "i", query: "x".repeat(10_000) }).success).toBe(true);
});

type Filter = Record<string, unknown>;

/** As much of the filter language as the filters above use. */
function holds(filter: Filter, metadata: Filter): boolean {
  return Object.entries(filter).every(([key, operand]) => {
    if (key === "or") return (operand as Filter[]).some((part) => holds(part, metadata));
    if (key === "not") return !holds(operand as Filter, metadata);
    const value = metadata[key];
    if (operand === null || typeof operand !== "object") return value === operand;
    return Object.entries(operand).every(([operator, wanted]) => {
      if (operator === "ne") return value !== wanted;
      if (operator === "in") return (wanted as unknown[]).includes(value);
      if (operator === "like") return String(value).startsWith(String(wanted).slice(0, -1));
      return operator === "gte" ? Number(value) >= Number(wanted) : Number(value) < Number(wanted);
    });
  });
}

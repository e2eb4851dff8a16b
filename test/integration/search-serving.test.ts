import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { generationPrefix } from "@lakefleet/lib/generation/generation-keys.ts";
import { promoteGeneration } from "@lakefleet/lib/generation/promote-generation.ts";
import { rollbackGeneration } from "@lakefleet/lib/generation/rollback-generation.ts";
import { createSearchService, type SearchService } from "@lakefleet/lib/search/search-index.ts";
import type { EventFields, EventName } from "@lakefleet/lib/telemetry/events.ts";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type IndexedLake, madeUpRows, openIndexedLake } from "../support/indexed-lake.ts";
import { waitFor } from "../support/wait-for.ts";

const tags = ["alpha", "bravo", "charlie"];
const rowsPerTag = 120;
let lake: IndexedLake;
let generations: string[];
let service: SearchService;
let events: { name: EventName; fields: EventFields<EventName> }[];

beforeAll(async () => {
  lake = await openIndexedLake();
  generations = [];
  for (const tag of tags) {
    await lake.write(madeUpRows(rowsPerTag, tag), "replace");
    generations.push(await lake.publish());
  }
}, 60_000);
afterAll(() => lake.remove());

beforeEach(() => {
  events = [];
  service = createSearchService({
    store: lake.store,
    telemetry: { emit: (name, fields) => events.push({ name, fields }) },
  });
});
afterEach(() => service.close());

const promote = (generation: string) =>
  promoteGeneration({
    store: lake.store,
    index: "i",
    generation,
    reason: "test",
    actor: "test",
    by: "person",
  });
const tagOf = (generation: string) => tags[generations.indexOf(generation)];
const failures = () => events.filter(({ name }) => name === "serve.open-failed");

/** Flips one byte of a file and gives a function that flips it back. */
function damage(generation: string, file: string): () => void {
  const target = path.join(lake.store.root, generationPrefix("i", generation), file);
  const flip = () => {
    const bytes = readFileSync(target);
    const middle = bytes.length >>> 1;
    bytes[middle] = (bytes[middle] ?? 0) ^ 1;
    writeFileSync(target, bytes);
  };
  flip();
  return flip;
}

describe("serving", () => {
  test("twenty promotions and rollbacks under searches give no failed and no mixed answer", async () => {
    await promote(generations[0] ?? "");
    let running = true;
    let answered = 0;
    const served = new Set<string>();
    const search = async (lane: number) => {
      for (let turn = 0; running; turn += 1) {
        const mode = (["vector", "lexical", "hybrid"] as const)[(lane + turn) % 3];
        const filter = turn % 2 === 0 ? { year: { gte: 1995 } } : undefined;
        const query = `amber island of ${tags.join(" ")}`;
        const answer = await service.search({
          index: "i",
          query,
          mode,
          k: 20,
          ...(filter ? { filter } : {}),
        });
        served.add(answer.generation);
        answered += 1;
        // A search may be done without a turn of the event loop; a server turns it between requests, and so must this.
        await new Promise(setImmediate);
        expect(answer.hits).toHaveLength(20);
        const tag = tagOf(answer.generation);
        expect(
          answer.hits.filter((hit) => !hit.text.includes(` of ${tag}`) || !hit.doc_id.startsWith(tag ?? "?")),
        ).toEqual([]);
      }
    };
    const lanes = Promise.all([0, 1, 2, 3].map(search));
    for (let turn = 0; turn < 20; turn += 1) {
      const enough = answered + 8;
      if (turn % 4 === 3) {
        await rollbackGeneration({ store: lake.store, index: "i", reason: "test", actor: "test" });
      } else {
        await promote(generations[(turn + 1) % 3] ?? "");
      }
      // The next change comes when each lane has answered from this one.
      while (answered < enough) await new Promise(setImmediate);
    }
    running = false;
    await lanes;
    expect(served.size).toBe(3);
    expect(failures()).toEqual([]);
  });

  test("a search that begins after a promotion answers from the promoted generation", async () => {
    for (const generation of [...generations, ...generations]) {
      await promote(generation);
      expect((await service.search({ index: "i", query: "amber" })).generation).toBe(generation);
    }
    expect(service.status()).toMatchObject([
      { index: "i", serving: { generation: generations[2] }, failure: undefined },
    ]);
  });

  test.each([
    "ledger.sqlite",
    "segments/0001/rows.sqlite",
    "segments/0001/lexical.bin",
    "segments/0001/vectors/graph.usearch",
    "segments/0001/vectors/vectors.parquet",
    "manifest.json",
  ])(
    "a promoted generation with one flipped byte in %s is refused, and the old one goes on serving",
    async (file) => {
      const [good = "", bad = ""] = generations;
      await promote(good);
      await service.search({ index: "i", query: "amber" });
      await promote(bad);
      const repair = damage(bad, file);
      try {
        for (let turn = 0; turn < 3; turn += 1) {
          expect((await service.search({ index: "i", query: "amber" })).generation).toBe(good);
        }
        await expect(service.search({ index: "i", query: "amber", generation: bad })).rejects.toMatchObject({
          kind: "corrupt",
        });
        expect(failures()).toHaveLength(1);
        expect(service.status()).toMatchObject([
          { serving: { generation: good }, failure: { generation: bad, type: "generation-damaged" } },
        ]);
      } finally {
        repair();
      }
      await promote(generations[2] ?? "");
      expect((await service.search({ index: "i", query: "amber" })).generation).toBe(generations[2]);
      expect(service.status()).toMatchObject([{ failure: undefined }]);
    },
  );

  test("with nothing intact to serve, the damage is the answer", async () => {
    const [bad = ""] = generations;
    await promote(bad);
    const repair = damage(bad, "segments/0001/rows.sqlite");
    try {
      await expect(service.search({ index: "i", query: "amber" })).rejects.toMatchObject({
        kind: "corrupt",
        type: "generation-damaged",
      });
    } finally {
      repair();
    }
  });

  test("many first searches at once open the generation once", async () => {
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => service.search({ index: "i", query: "amber", mode: "lexical" })),
    );
    expect(new Set(answers.map(({ generation }) => generation)).size).toBe(1);
    const opened = events.filter(
      ({ name, fields }) =>
        name === "serve.opened" && "generation" in fields && fields.generation === answers[0]?.generation,
    );
    expect(opened).toHaveLength(1);
  });

  test("what a rollback would return to is opened before anybody asks for it", async () => {
    const [earlier = "", later = ""] = generations;
    await promote(earlier);
    await promote(later);
    await service.search({ index: "i", query: "amber" });
    const opened = await waitFor("both to be open", 20_000, async () => {
      const [status] = service.status();
      return status?.opened.length === 2 ? status.opened : undefined;
    });
    expect(opened.toSorted()).toEqual([earlier, later].toSorted());
  });

  test("a pinned generation answers whatever is active, and what is not there is generation-missing", async () => {
    await promote(generations[2] ?? "");
    for (const generation of generations) {
      const answer = await service.search({ index: "i", query: "amber", generation });
      expect(answer.generation).toBe(generation);
      expect(answer.hits[0]?.text).toContain(` of ${tagOf(generation)}`);
    }
    for (const generation of ["g00000009-0123456789abcdef", "../../x", generations[0]?.slice(1) ?? ""]) {
      await expect(service.search({ index: "i", query: "amber", generation })).rejects.toMatchObject({
        kind: "not-found",
        type: "generation-missing",
      });
    }
  });

  test("closing waits for the searches under way, and those that come later are told", async () => {
    const under = service.search({ index: "i", query: "amber" });
    const answer = await under;
    const late = service.search({ index: "i", query: "amber island", mode: "vector" });
    const closed = service.close();
    await expect(late).resolves.toMatchObject({ generation: answer.generation });
    await closed;
    await expect(service.search({ index: "i", query: "amber" })).rejects.toMatchObject({
      type: "search-closed",
    });
  });
});

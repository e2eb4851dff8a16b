import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLexicalBuilder } from "@lakefleet/lib/lexical/build/build-lexical-index.ts";
import { decodeLength, encodeLength } from "@lakefleet/lib/lexical/format/length-byte.ts";
import { splitWords } from "@lakefleet/lib/lexical/format/split-words.ts";
import { termOf } from "@lakefleet/lib/lexical/format/term-of.ts";
import { openLexicalIndex } from "@lakefleet/lib/lexical/read/open-lexical-index.ts";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "lakefleet-lexical-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function build(texts: readonly string[]) {
  const path = join(folder, "lexical.bin");
  const builder = createLexicalBuilder();
  for (const text of texts) builder.add(text);
  expect(builder.documentCount).toBe(texts.length);
  await builder.write(path);
  return path;
}

function termsOf(text: string): string[] {
  const terms: string[] = [];
  splitWords(text, (word) => {
    const term = termOf(word);
    if (term !== undefined) terms.push(term);
  });
  return terms;
}

/** BM25 written down from its formula, without an index. */
function rankPlainly(texts: readonly string[], query: string, allowed: (ordinal: number) => boolean) {
  const documents = texts.map(termsOf);
  const mean = documents.reduce((sum, terms) => sum + terms.length, 0) / documents.length;
  const scored = documents.map((terms, ordinal) => {
    let score = 0;
    for (const term of termsOf(query)) {
      const frequency = terms.filter((other) => other === term).length;
      if (frequency === 0) continue;
      const documentFrequency = documents.filter((other) => other.includes(term)).length;
      const idf = Math.log(1 + (documents.length - documentFrequency + 0.5) / (documentFrequency + 0.5));
      const length = decodeLength(encodeLength(terms.length));
      score += (idf * frequency) / (frequency + 1.2 * (0.25 + (0.75 * length) / mean));
    }
    return { ordinal, score };
  });
  return scored.filter(({ ordinal, score }) => score > 0 && allowed(ordinal));
}

const word = fc.oneof(
  fc.constantFrom("time", "sharing", "shared", "the", "systems", "user's", "naïve", "検索", "x86"),
  fc.string({ unit: "grapheme", maxLength: 8 }),
);
const text = fc.array(word, { maxLength: 60 }).map((words) => words.join(" "));

describe("a lexical index", () => {
  test("scores every document as the formula does, with and without a filter", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(text, { maxLength: 12 }),
        text,
        fc.boolean(),
        async (texts, query, filtered) => {
          const index = await openLexicalIndex(await build(texts));
          const bits = Uint32Array.of(0x55555555);
          const filter = filtered ? { bits, matchCount: Math.ceil(texts.length / 2), where: "" } : undefined;
          const hits = index.search(query, { k: 20, filter });
          const plain = rankPlainly(texts, query, (ordinal) => !filtered || ordinal % 2 === 0);
          expect([...hits.ordinals].toSorted((left, right) => left - right)).toEqual(
            plain.map(({ ordinal }) => ordinal),
          );
          hits.ordinals.forEach((ordinal, place) => {
            const expected = plain.find((row) => row.ordinal === ordinal)!.score;
            expect(hits.scores[place]! / expected).toBeCloseTo(1, 4);
            if (place === 0) return;
            const [before, score] = [hits.scores[place - 1]!, hits.scores[place]!];
            expect(before > score || (before === score && hits.ordinals[place - 1]! < ordinal)).toBe(true);
          });
          // The accumulator is reused: a second search must not see the first one's scores.
          expect(index.search(query, { k: 20, filter })).toEqual(hits);
        },
      ),
      { numRuns: 150 },
    );
  });

  test("stopping early never changes the best documents", async () => {
    // Words of very different frequency, so that rare ones decide and common ones are looked up only where needed.
    const zipf = fc.nat(999).map((number) => `w${Math.floor(1000 / (number + 1))}`);
    const texts = fc.array(fc.array(zipf, { minLength: 1, maxLength: 12 }), { minLength: 40, maxLength: 80 });
    await fc.assert(
      fc.asyncProperty(
        texts,
        fc.array(zipf, { maxLength: 8 }),
        fc.integer({ min: 1, max: 6 }),
        async (all, words, k) => {
          const index = await openLexicalIndex(await build(all.map((text) => text.join(" "))));
          const query = words.join(" ");
          const bits = new Uint32Array(3).fill(0x77777777);
          for (const filter of [undefined, { bits, matchCount: 60, where: "" }]) {
            const whole = index.search(query, { k: 1000, filter });
            const best = index.search(query, { k, filter });
            expect(best.ordinals).toEqual(whole.ordinals.slice(0, k));
            expect(best.scores).toEqual(whole.scores.slice(0, k));
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  test("a changed byte or another length is refused", async () => {
    const path = await build(["time sharing systems", "interarrival times of users", "数 検索", ""]);
    const whole = readFileSync(path);
    const damaged = expect.objectContaining({ type: "lexical-damaged" });
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), async (place, flip) => {
        const changed = Buffer.from(whole);
        changed[place]! ^= flip;
        writeFileSync(path, changed);
        await expect(openLexicalIndex(path)).rejects.toEqual(damaged);
        writeFileSync(path, whole.subarray(0, place));
        await expect(openLexicalIndex(path)).rejects.toEqual(damaged);
      }),
      { numRuns: 200 },
    );
    await expect(openLexicalIndex(join(folder, "absent.bin"))).rejects.toEqual(damaged);
  });

  test("refuses what cannot be a search", async () => {
    const index = await openLexicalIndex(await build(Array.from({ length: 40 }, () => "time")));
    const filter = { bits: new Uint32Array(1), matchCount: 0, where: "" };
    expect(() => index.search("time", { k: 0 })).toThrow(expect.objectContaining({ type: "search-k" }));
    expect(() => index.search("time", { k: 1, filter })).toThrow(
      expect.objectContaining({ type: "filter-size" }),
    );
  });

  test("a search for nothing finds nothing", async () => {
    const index = await openLexicalIndex(await build([]));
    expect(index.search("anything", { k: 5 }).ordinals).toHaveLength(0);
    const one = await openLexicalIndex(await build(["the time"]));
    for (const query of ["", "the", "…", "absent"]) {
      expect(one.search(query, { k: 5 }).ordinals).toHaveLength(0);
    }
  });
});

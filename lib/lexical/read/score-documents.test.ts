import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { createLexicalBuilder } from "../build/build-lexical-index.ts";
import { findPostings } from "./find-postings.ts";
import { type LexicalFile, readLexicalFile } from "./read-lexical-file.ts";
import { createScorer } from "./score-documents.ts";

const folder = mkdtempSync(join(tmpdir(), "lakefleet-score-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function fileOf(texts: readonly string[]) {
  const builder = createLexicalBuilder();
  for (const text of texts) builder.add(text);
  const path = join(folder, "lexical.bin");
  await builder.write(path);
  return readLexicalFile(path);
}

function postingsOf(file: LexicalFile, query: string) {
  return findPostings([{ file, liveFrequency: (start, end) => end - start }], query)[0]!;
}

test("past the bound on postings, the documents found so far still get their whole score", async () => {
  const texts = Array.from({ length: 200 }, (_, row) => (row % 50 === 0 ? "rare common" : "common"));
  const file = await fileOf(texts);
  const postings = postingsOf(file, "common rare");
  const whole = createScorer(file, file)(postings, { k: 200, bits: undefined });
  const bounded = createScorer(file, file, 10)(postings, { k: 200, bits: undefined });
  expect(whole.count).toBe(200);
  expect([...bounded.documents.subarray(0, bounded.count)]).toEqual([0, 50, 100, 150]);
  for (const ordinal of [0, 50, 100, 150]) expect(bounded.scores[ordinal]).toBe(whole.scores[ordinal]);
});

test("once the best are out of reach, only they are looked up in the common terms", async () => {
  const texts = Array.from({ length: 300 }, (_, row) => (row < 3 ? "rare rare common" : "common words"));
  const file = await fileOf(texts);
  const scored = createScorer(file, file)(postingsOf(file, "rare common"), { k: 2, bits: undefined });
  expect([...scored.documents.subarray(0, scored.count)]).toEqual([0, 1, 2]);
});

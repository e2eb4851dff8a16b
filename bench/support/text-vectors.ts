import { mkdtemp, readFile, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { createHashEmbedder, hashDimension } from "@lakefleet/lib/embedding/hash-embedder.ts";
import { generateFile } from "./generate-file.ts";

/** Generated texts as the built-in embedder sees them: few topics, many near-duplicates, and no clusters of equal size. */
export async function makeTextVectors(options: {
  count: number;
  queryCount: number;
}): Promise<{ vectors: Float32Array; queries: Float32Array[] }> {
  const { count, queryCount } = options;
  const texts = await generateTexts(count + queryCount);
  const embedder = createHashEmbedder();
  const all = new Float32Array(texts.length * hashDimension);
  for (const [row, text] of texts.entries()) embedder.embedInto(text, all, row * hashDimension);
  const row = (index: number) => all.slice(index * hashDimension, (index + 1) * hashDimension);
  return {
    vectors: all.subarray(0, count * hashDimension),
    queries: Array.from({ length: queryCount }, (_, index) => row(count + index)),
  };
}

async function generateTexts(rows: number): Promise<string[]> {
  const folder = await mkdtemp(path.join(os.tmpdir(), "lakefleet-texts-"));
  try {
    const file = path.join(folder, "texts.csv");
    await generateFile("generate-texts.ts", ["--rows", String(rows), "--seed", "1"], file);
    const lines = (await readFile(file, "utf8")).trimEnd().split("\n").slice(1);
    return lines.map((line) => line.slice(line.indexOf('"') + 1, line.lastIndexOf('"')));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import * as usearch from "usearch";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createParquetVectorWriter } from "../build/parquet-vector-writer.ts";
import { cosineSimilarity, euclideanNorm } from "../format/cosine-similarity.ts";
import { createTopHits } from "../format/top-hits.ts";
import { scanGroup } from "./scan-all.ts";
import { openVectorFile, type VectorFile } from "./vector-file.ts";

const dimension = 12;
const vectorCount = 300;
/** The last fifty are those of the beginning again, so that scores tie. */
const vectors = Float32Array.from({ length: vectorCount * dimension }, (_, at) =>
  Math.sin((at % (250 * dimension)) ** 1.5),
);
let folder: string;
let file: VectorFile;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "lakefleet-scan-"));
  const target = path.join(folder, "vectors.parquet");
  const writer = createParquetVectorWriter(target, dimension);
  writer.write(vectors);
  writer.finish();
  file = openVectorFile(target, dimension, vectorCount);
});
afterAll(() => {
  file.close();
  rmSync(folder, { recursive: true });
});

test("scans of any depth find in one pass what sorting all rows finds", () => {
  const scans = [1, 5, 40, 149, 151, 280, 300, 400].map((k) => {
    const query = vectors.slice(k * 3, k * 3 + dimension);
    return { query, k, hits: createTopHits(k) };
  });
  const buffer = new Float32Array(vectorCount * dimension);
  scanGroup(file, { first: 0, count: vectorCount, buffer }, scans, usearch);
  for (const { query, k, hits } of scans)
    expect([...hits.drain().ordinals]).toEqual(sorted(query).slice(0, k));
});

function sorted(query: Float32Array): number[] {
  const norm = euclideanNorm(query);
  const scores = Array.from({ length: vectorCount }, (_, row) =>
    cosineSimilarity(query, norm, vectors, row * dimension),
  );
  return [...scores.keys()].sort((one, other) => scores[other]! - scores[one]! || one - other);
}

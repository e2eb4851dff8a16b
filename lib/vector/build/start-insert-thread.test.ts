import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { vectorFiles } from "../format/vector-files.ts";
import { type HnswParameters, IndexParameters } from "../index-parameters.ts";
import { openVectorIndex } from "../read/open-vector-index.ts";
import { buildVectorIndex } from "./build-vector-index.ts";
import { startInsertThread } from "./start-insert-thread.ts";

const parameters = IndexParameters.parse({ backend: "hnsw" }) as HnswParameters;
const dimension = 2_048;
/** Of so many values that the graph gets a thread of its own. */
const vectorCount = 2_100;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "lakefleet-insert-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** So many values that nothing but itself is near a vector. */
function* vectors() {
  for (let first = 0; first < vectorCount; first += 700) {
    yield Float32Array.from({ length: 700 * dimension }, (_, at) =>
      Math.sin((first * dimension + at) ** 1.5),
    );
  }
}

describe("an index whose graph has a thread of its own", () => {
  const place = { parameters, dimension, vectorCount };
  const build = async (options: { stopAt?: number } = {}) => {
    const target = mkdtempSync(path.join(folder, "index-"));
    const abort = new AbortController();
    const done: number[] = [];
    async function* blocks() {
      for (const block of vectors()) yield { vectors: block };
    }
    const progress = (advance: { done: number }) => {
      done.push(advance.done);
      if (advance.done >= (options.stopAt ?? Number.POSITIVE_INFINITY)) abort.abort(new Error("enough"));
    };
    const { signal } = abort;
    // Two threads may build two graphs of the same vectors, of which one misses a neighbour now and then.
    await buildVectorIndex({ ...place, folder: target, blocks: blocks(), threads: 1, progress, signal });
    return { target, done };
  };

  test("finds every vector that was put in, each under its own number", async () => {
    const { target, done } = await build();
    expect(done).toEqual(done.toSorted((one, other) => one - other));
    expect(done.at(-1)).toBe(vectorCount);
    const index = await openVectorIndex({ ...place, folder: target });
    let first = 0;
    for (const block of vectors()) {
      for (let row = 0; row * dimension < block.length; row += 97) {
        const query = block.slice(row * dimension, (row + 1) * dimension);
        expect((await index.search(query, { k: 1, effort: vectorCount })).ordinals[0]).toBe(first + row);
      }
      first += block.length / dimension;
    }
    await index.close();
  });

  test("ends with the reason of whoever stops it on its way", async () => {
    await expect(build({ stopAt: 1 })).rejects.toThrow("enough");
  });
});

describe("the insert thread", () => {
  test("says why the engine refused, and goes on", async () => {
    const thread = startInsertThread({ parameters, dimension: 8, threads: 1 });
    await thread.add(Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8), 0);
    await expect(thread.save(path.join(folder, "nowhere", vectorFiles.graph.usearch))).rejects.toThrow();
    await thread.save(path.join(folder, vectorFiles.graph.usearch));
    await thread.close();
  });

  test("that has ended fails what it was doing, and what it is asked afterwards", async () => {
    const thread = startInsertThread({ parameters, dimension: 8, threads: 1 });
    const adding = thread.add(new Float32Array(8).fill(1), 0);
    const failed = expect(adding).rejects.toThrow("ended");
    await thread.close();
    await failed;
    await expect(thread.add(new Float32Array(8).fill(1), 1)).rejects.toThrow("ended");
  });
});

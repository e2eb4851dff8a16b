import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { activeLog } from "@lakefleet/lib/generation/active-log.ts";
import { vectorFolder } from "@lakefleet/lib/generation/format/row-store-layout.ts";
import { generationPrefix } from "@lakefleet/lib/generation/generation-keys.ts";
import { readManifest } from "@lakefleet/lib/generation/read-manifest.ts";
import type { LocalStore } from "@lakefleet/lib/storage/local-store.ts";
import { buildVectorIndex } from "@lakefleet/lib/vector/build/build-vector-index.ts";
import { IndexParameters } from "@lakefleet/lib/vector/index-parameters.ts";
import { openVectorIndex } from "@lakefleet/lib/vector/read/open-vector-index.ts";
import type { VectorIndex } from "@lakefleet/lib/vector/vector-index.ts";
import { median } from "./print-report.ts";

interface Measured {
  parameters: IndexParameters;
  recall: number;
  p50Ms: number;
}

const rounds = 7;

/** What serves now beside hnswlib with its own defaults, query by query in turn, so that both meet the same machine. */
export async function compareWithDefaults(options: {
  lake: { store: LocalStore; index: string };
  vectors: Float32Array;
  dimension: number;
  queries: readonly Float32Array[];
  k: number;
}): Promise<{ promoted: Measured; defaults: Measured }> {
  const { lake, vectors, dimension, queries, k } = options;
  const vectorCount = vectors.length / dimension;
  const folder = await mkdtemp(path.join(os.tmpdir(), "lakefleet-hnswlib-"));
  const parameters = IndexParameters.parse({
    backend: "hnsw",
    engine: "hnswlib",
    quantization: "f32",
    connectivity: 16,
    expansionBuild: 200,
    expansionSearch: 100,
  });
  try {
    const location = { folder, dimension, vectorCount, parameters };
    async function* blocks() {
      yield { vectors };
    }
    await buildVectorIndex({ ...location, blocks: blocks(), threads: 1 });
    const serving = await openServing(lake);
    const indexes = [serving.index, await openVectorIndex(location)];
    const [promoted, defaults] = await measure(indexes, queries, k);
    await Promise.all(indexes.map((index) => index.close()));
    return {
      promoted: { parameters: serving.parameters, ...promoted! },
      defaults: { parameters, ...defaults! },
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function openServing({ store, index }: { store: LocalStore; index: string }) {
  const active = await activeLog(store, index).head();
  if (active === undefined) throw new Error("nothing serves");
  const { generation } = active.document;
  const { manifest } = await readManifest(store, index, generation);
  const folder = path.join(await store.materialize(generationPrefix(index, generation)), vectorFolder);
  const { parameters, dimension, vectorCount } = manifest;
  return { index: await openVectorIndex({ folder, parameters, dimension, vectorCount }), parameters };
}

/** The first round maps the pages and warms the compiler up; it counts for the recall only. */
async function measure(indexes: readonly VectorIndex[], queries: readonly Float32Array[], k: number) {
  const durations: number[][] = indexes.map(() => []);
  const reached = indexes.map(() => 0);
  for (let round = 0; round <= rounds; round++) {
    for (const query of queries) {
      const floor = round === 0 ? ((await indexes[0]!.exact(query, { k })).scores.at(-1) ?? 0) - 1e-5 : 0;
      for (const [place, index] of indexes.entries()) {
        const begin = performance.now();
        const { scores } = await index.search(query, { k });
        if (round > 0) durations[place]!.push(performance.now() - begin);
        else reached[place]! += scores.filter((score) => score >= floor).length;
      }
    }
  }
  return indexes.map((_, place) => ({
    recall: reached[place]! / (queries.length * k),
    p50Ms: median(durations[place]!),
  }));
}

import { activeLog } from "@lakefleet/lib/generation/active-log.ts";
import { openGeneration } from "@lakefleet/lib/generation/read/open-generation.ts";
import type { LocalStore } from "@lakefleet/lib/storage/local-store.ts";
import type { IndexParameters } from "@lakefleet/lib/vector/index-parameters.ts";
import { openVectorIndex } from "@lakefleet/lib/vector/read/open-vector-index.ts";
import type { VectorIndex } from "@lakefleet/lib/vector/vector-index.ts";
import type { ClusteredVectors } from "./clustered-index.ts";
import { median } from "./print-report.ts";
import { hnswlibDefaults } from "./untuned-lake.ts";

interface Measured {
  parameters: IndexParameters;
  recall: number;
  p50Ms: number;
}

const rounds = 7;

/**
 * What serves now beside hnswlib with its own defaults. Rounds over all queries take turns, so that both meet the same
 * machine, and each finds the processor's caches as its own searches left them.
 */
export async function compareWithDefaults(options: {
  lake: { store: LocalStore; index: string };
  data: ClusteredVectors;
  /** The folder of hnswlib's graph. */
  folder: string;
  k: number;
}): Promise<{ promoted: Measured; defaults: Measured }> {
  const { lake, folder, k } = options;
  const { vectors, dimension, queries } = options.data;
  const parameters = hnswlibDefaults;
  const vectorCount = vectors.length / dimension;
  const serving = await openServing(lake);
  const hnswlib = await openVectorIndex({ folder, dimension, vectorCount, parameters });
  try {
    const [promoted, defaults] = await measure([serving.index, hnswlib], queries, k);
    return {
      promoted: { parameters: serving.parameters, ...promoted! },
      defaults: { parameters, ...defaults! },
    };
  } finally {
    await Promise.all([serving.close(), hnswlib.close()]);
  }
}

async function openServing({ store, index }: { store: LocalStore; index: string }) {
  const active = await activeLog(store, index).head();
  if (active === undefined) throw new Error("nothing serves");
  const opened = await openGeneration({ store, index, generation: active.document.generation });
  return { index: opened.vectors, parameters: opened.manifest.parameters, close: opened.close };
}

/** The first round maps the pages and warms the compiler up; it counts for the recall only. */
async function measure(indexes: readonly VectorIndex[], queries: readonly Float32Array[], k: number) {
  const durations: number[][] = indexes.map(() => []);
  const reached = indexes.map(() => 0);
  const floors = await Promise.all(
    queries.map(async (query) => ((await indexes[0]!.exact(query, { k })).scores.at(-1) ?? 0) - 1e-5),
  );
  for (let round = 0; round <= rounds; round++) {
    for (const [place, index] of indexes.entries()) {
      for (const [turn, query] of queries.entries()) {
        const begin = performance.now();
        const { scores } = await index.search(query, { k });
        if (round > 0) durations[place]!.push(performance.now() - begin);
        else reached[place]! += scores.filter((score) => score >= floors[turn]!).length;
      }
    }
  }
  return indexes.map((_, place) => ({
    recall: reached[place]! / (queries.length * k),
    p50Ms: median(durations[place]!),
  }));
}

import { existsSync } from "node:fs";
import { cp, mkdir, rename, rm } from "node:fs/promises";
import path from "node:path";
import { commitEvalSet } from "@lakefleet/lib/evaluation/eval-set-log.ts";
import { buildVectorIndex } from "@lakefleet/lib/vector/build/build-vector-index.ts";
import { IndexParameters } from "@lakefleet/lib/vector/index-parameters.ts";
import type { ClusteredVectors } from "./clustered-index.ts";
import { openVectorLake } from "./vector-lake.ts";

/** hnswlib's numbers in whole vectors: what people begin with. */
export const untuned = IndexParameters.parse({
  backend: "hnsw",
  quantization: "f32",
  connectivity: 16,
  expansionBuild: 200,
  expansionSearch: 100,
});

/** The engine itself with its own defaults. */
export const hnswlibDefaults = IndexParameters.parse({ ...untuned, engine: "hnswlib" });

/**
 * Makes a data folder with an untuned index that nobody has measured yet. With a cache its files are built by the first
 * run that asks for them and copied by the others.
 */
export async function makeUntunedLake(options: {
  dataFolder: string;
  data: ClusteredVectors;
  cache: string | undefined;
}): Promise<void> {
  const { dataFolder, data, cache } = options;
  if (cache === undefined) return publishUntuned(dataFolder, data);
  const kept = path.join(cache, `lake-${nameOf(data)}`);
  await once(kept, (folder) => publishUntuned(folder, data));
  await cp(kept, dataFolder, { recursive: true });
}

async function publishUntuned(folder: string, { vectors, dimension }: ClusteredVectors): Promise<void> {
  const lake = await openVectorLake(folder, { parameters: untuned });
  await lake.publish({ tag: "a", vectors, dimension });
}

/** The folder of hnswlib's graph over the vectors; an earlier run's is taken. */
export async function buildHnswlib(data: ClusteredVectors, folder: string): Promise<string> {
  const { vectors, dimension } = data;
  const kept = path.join(folder, `hnswlib-${nameOf(data)}`);
  async function* blocks() {
    yield { vectors };
  }
  await once(kept, (half) =>
    buildVectorIndex({
      folder: half,
      parameters: hnswlibDefaults,
      dimension,
      vectorCount: vectors.length / dimension,
      blocks: blocks(),
      threads: 1,
    }),
  );
  return kept;
}

/** What is half done when a run dies is begun anew. */
async function once(kept: string, make: (folder: string) => Promise<void>): Promise<void> {
  if (existsSync(kept)) return;
  const half = `${kept}.half`;
  await rm(half, { recursive: true, force: true });
  await mkdir(half, { recursive: true });
  await make(half);
  await rename(half, kept);
}

/** The queries come from the same clusters, so another number of them means other vectors. */
function nameOf({ vectors, dimension, queries }: ClusteredVectors): string {
  return `${vectors.length / dimension}x${dimension}-${queries.length}`;
}

/** Queries that no trial has seen, under a name that the agent is told. */
export async function commitQueries(
  { store }: Awaited<ReturnType<typeof openVectorLake>>,
  name: string,
  queries: readonly Float32Array[],
): Promise<void> {
  await commitEvalSet(store, {
    schemaVersion: 1,
    name,
    source: { kind: "json" },
    queries: queries.map((vector, place) => ({ id: `q${place}`, vector })),
  });
}

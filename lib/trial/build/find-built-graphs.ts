import type { BuiltGraph } from "../../generation/build/take-graph.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { vectorFiles } from "../../vector/format/vector-files.ts";
import type { IndexParameters } from "../../vector/index-parameters.ts";
import { buildKey } from "../configuration-key.ts";
import { trialCachePrefix } from "../trial-graph.ts";
import { readTrialGraph } from "./find-trial-graph.ts";

/**
 * The graphs that trials built of this configuration, over whatever the index held then. None for `lance`: its tables
 * hold the index by their vectors, and a generation's have columns that a trial's leave out.
 */
export async function findBuiltGraphs(options: {
  store: ObjectStore;
  index: string;
  parameters: IndexParameters;
}): Promise<BuiltGraph[]> {
  const { store, index, parameters } = options;
  if (parameters.backend !== "hnsw") return [];
  const build = buildKey(parameters);
  const name = vectorFiles.graph[parameters.engine];
  const found: BuiltGraph[] = [];
  for (const folder of await store.listFolders(`${trialCachePrefix}${index}/`)) {
    const key = `${trialCachePrefix}${index}/${folder}`;
    const trial = folder.includes(build) ? await readTrialGraph(store, key) : undefined;
    if (trial?.build !== build || trial.sampleShare !== 1) continue;
    const file = trial.files.find((one) => one.path === name);
    const vectors = trial.files.find((one) => one.path === vectorFiles.parquet);
    if (file === undefined || vectors === undefined) continue;
    const { vectorCount, buildMs } = trial;
    const vectorsChecksum = vectors.checksum;
    found.push({ ...file, key: `${key}/${name}`, name, vectorCount, vectorsChecksum, buildMs });
  }
  return found;
}

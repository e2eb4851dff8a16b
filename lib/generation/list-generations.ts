import type { ObjectStore } from "../storage/object-store.ts";
import { activeLog } from "./active-log.ts";
import { readGateReport } from "./gate-report.ts";
import { manifestKey } from "./generation-keys.ts";
import type { GenerationManifest } from "./generation-manifest.ts";
import { readManifest } from "./read-manifest.ts";

export interface GenerationSummary
  extends Pick<
    GenerationManifest,
    "generation" | "datasetVersion" | "sourceRowCount" | "vectorCount" | "backend" | "embedderId" | "builtAt"
  > {
  byteCount: number;
  active: boolean;
  gated: boolean;
}

/** An index's published generations, newest first; damage to one is thrown, since a list that lacks it would mislead. */
export async function listGenerations(options: {
  store: ObjectStore;
  index: string;
}): Promise<GenerationSummary[]> {
  const { store, index } = options;
  const active = (await activeLog(store, index).head())?.document.generation;
  const summaries: GenerationSummary[] = [];
  for (const generation of await publishedGenerations(store, index)) {
    const { manifest, checksum } = await readManifest(store, index, generation);
    const report = await readGateReport(store, index, generation);
    const { datasetVersion, sourceRowCount, vectorCount, backend, embedderId, builtAt } = manifest;
    summaries.push({
      generation,
      datasetVersion,
      sourceRowCount,
      vectorCount,
      backend,
      embedderId,
      builtAt,
      byteCount: manifest.files.reduce((total, file) => total + file.byteCount, 0),
      active: generation === active,
      gated: report?.manifestChecksum === checksum,
    });
  }
  return summaries.sort((a, b) => b.datasetVersion - a.datasetVersion || (a.builtAt < b.builtAt ? 1 : -1));
}

/** Names of the generations that have a manifest. */
export async function publishedGenerations(store: ObjectStore, index: string): Promise<string[]> {
  const names: string[] = [];
  for (const name of await store.listFolders(`indexes/${index}/generations/`)) {
    if ((await store.size(manifestKey(index, name))) !== undefined) names.push(name);
  }
  return names;
}

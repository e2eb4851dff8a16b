import type { ObjectStore } from "../storage/object-store.ts";
import { activeLog } from "./active-log.ts";
import { readCertificate } from "./certificate.ts";
import { readGateFailure } from "./gate-failure.ts";
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
  /** True where it is active without a certificate, because somebody said so. */
  forced: boolean;
  /** Whether the last gate of this very build let it pass; null where it has not been gated. */
  gated: boolean | null;
  /** The id of its certificate. */
  certificate: string | null;
}

/** An index's published generations, newest first; damage to one is thrown, since a list that lacks it would mislead. */
export async function listGenerations(options: {
  store: ObjectStore;
  index: string;
}): Promise<GenerationSummary[]> {
  const { store, index } = options;
  const active = (await activeLog(store, index).head())?.document;
  const summaries: GenerationSummary[] = [];
  for (const generation of await publishedGenerations(store, index)) {
    const { manifest, checksum } = await readManifest(store, index, generation);
    const certificate = await readCertificate(store, index, generation);
    const failure = await readGateFailure(store, index, generation);
    const isCertified = certificate?.manifestChecksum === checksum;
    const isRefused = failure?.manifestChecksum === checksum;
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
      active: generation === active?.generation,
      forced: generation === active?.generation && active.forced === true,
      gated: isRefused ? false : isCertified ? true : null,
      certificate: isCertified && certificate !== undefined ? certificate.id : null,
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

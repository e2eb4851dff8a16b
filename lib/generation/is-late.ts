import type { ObjectStore } from "../storage/object-store.ts";
import type { ActiveGeneration } from "./active-log.ts";
import { readDefinition } from "./definition-log.ts";
import { isOfDefinition } from "./generation-id.ts";
import type { GenerationManifest } from "./generation-manifest.ts";
import { findManifest } from "./read-manifest.ts";

/**
 * Whether what is active comes after the candidate: of the index's model where the candidate is of the one before, of a
 * newer state of the data, or of a newer definition over the same.
 */
export async function isLate(
  store: ObjectStore,
  active: ActiveGeneration,
  candidate: GenerationManifest,
): Promise<boolean> {
  const found = await findManifest(store, candidate.index, active.generation);
  if (found === undefined || found.manifest.dataset !== candidate.dataset) return false;
  const { manifest } = found;
  const definition = await readDefinition(store, candidate.index);
  const { embedderId } = definition;
  if (candidate.embedderId !== embedderId && manifest.embedderId === embedderId) return true;
  if (manifest.datasetVersion !== candidate.datasetVersion) {
    return manifest.datasetVersion > candidate.datasetVersion;
  }
  if (!isOfDefinition(candidate.generation, definition))
    return isOfDefinition(manifest.generation, definition);
  return isOfDefinition(manifest.generation, definition) && isReadLater(manifest, candidate);
}

/** Tables of two pipelines count their versions each for itself. */
function isReadLater(one: GenerationManifest, other: GenerationManifest): boolean {
  const [left, right] = [one.snapshot, other.snapshot];
  if (left.pipeline !== right.pipeline) return one.builtAt > other.builtAt;
  return left.documentsTableVersion > right.documentsTableVersion;
}

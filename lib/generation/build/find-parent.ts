import type { PipelineSnapshot } from "../../embedding/read-pipeline.ts";
import { DomainError } from "../../errors/domain-error.ts";
import { canonicalJson } from "../../storage/canonical-json.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { isBuiltAlike } from "../../vector/build-fields.ts";
import { activeLog } from "../active-log.ts";
import { definitionLog } from "../definition-log.ts";
import type { MetadataColumn } from "../format/row-store-layout.ts";
import { isOfDefinition } from "../generation-id.ts";
import type { GenerationManifest } from "../generation-manifest.ts";
import type { IndexDefinition } from "../index-definition.ts";
import { findManifest } from "../read-manifest.ts";

/**
 * The generation whose segments a new one can share: the active one, if it was made by this definition, or by one that
 * differs from it in how it is searched only, of chunks that were cut, named and embedded like those of the snapshot,
 * and of no newer state of the same dataset.
 */
export async function findParent(options: {
  store: ObjectStore;
  definition: IndexDefinition;
  snapshot: PipelineSnapshot;
  columns: MetadataColumn[];
}): Promise<GenerationManifest | undefined> {
  const { store, definition, snapshot, columns } = options;
  const { index } = definition;
  const active = (await activeLog(store, index).head())?.document.generation;
  if (active === undefined || !(await hasFilesOf(store, active, definition))) return undefined;
  const manifest = await findReadableManifest(store, index, active);
  if (manifest === undefined || manifest.dataset !== definition.dataset) return undefined;
  const fits =
    manifest.pipelineSettings === snapshot.settingsHash &&
    manifest.embedderId === snapshot.embedderId &&
    manifest.dimension === snapshot.dimension &&
    manifest.datasetVersion <= snapshot.syncedDatasetVersion &&
    canonicalJson(manifest.metadataColumns) === canonicalJson(columns);
  return fits ? manifest : undefined;
}

/** An index is seldom defined anew, so whatever made the active generation is among the last of its definitions. */
const definitionsLookedAt = 20;

async function hasFilesOf(store: ObjectStore, active: string, definition: IndexDefinition): Promise<boolean> {
  if (isOfDefinition(active, definition)) return true;
  const { parameters, pipeline: _pipeline, ...rest } = definition;
  const history = definitionLog(store, definition.index).history({ limit: definitionsLookedAt });
  for await (const { document } of history) {
    if (!isOfDefinition(active, document)) continue;
    const { parameters: made, pipeline: _other, ...others } = document;
    return isBuiltAlike(made, parameters) && canonicalJson(plain(others)) === canonicalJson(plain(rest));
  }
  return false;
}

/** Without the fields that are there and undefined. */
function plain(document: object): unknown {
  return JSON.parse(JSON.stringify(document));
}

/** Undefined where it is missing or damaged: it is nobody's parent, and the full build that follows mends the index. */
export async function findReadableManifest(
  store: ObjectStore,
  index: string,
  generation: string,
): Promise<GenerationManifest | undefined> {
  try {
    return (await findManifest(store, index, generation))?.manifest;
  } catch (error) {
    if (error instanceof DomainError && error.kind === "corrupt") return undefined;
    throw error;
  }
}

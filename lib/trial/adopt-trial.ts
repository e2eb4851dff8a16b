import { DomainError } from "../errors/domain-error.ts";
import { activeLog } from "../generation/active-log.ts";
import { definitionLog } from "../generation/definition-log.ts";
import { isOfDefinition } from "../generation/generation-id.ts";
import { findManifest } from "../generation/read-manifest.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { type ParameterFields, parseParameters } from "./trial-parameters.ts";

/**
 * Makes the parameters of a gated generation those of its index, so that later builds take them too. A second call finds
 * it done. Where newer rows were promoted or anybody else changed the definition meanwhile, it stays as it is:
 * `conflict`, `promotion-late` or `definition-changed`.
 */
export async function adoptTrial(options: {
  store: ObjectStore;
  index: string;
  generation: string;
  promotion: { definition: number; parameters: ParameterFields };
}): Promise<void> {
  const { store, index, generation, promotion } = options;
  const parameters = parseParameters(promotion.parameters);
  await assertNotLate(store, index, generation);
  await definitionLog(store, index).commit((head) => {
    if (head === undefined) throw definitionChanged(index);
    if (isOfDefinition(generation, head.document)) return undefined;
    const adopted = { ...head.document, parameters };
    if (head.number !== promotion.definition || !isOfDefinition(generation, adopted)) {
      throw definitionChanged(index);
    }
    return adopted;
  });
}

/** Refuses the silent success of a promotion that came too late: `conflict`, `promotion-late`. */
export function assertPromoted(serving: { generation: string }, generation: string): void {
  if (serving.generation !== generation) throw late(serving.generation, generation);
}

/** Before anything is changed: newer rows may have been promoted while this generation was built. */
async function assertNotLate(store: ObjectStore, index: string, generation: string): Promise<void> {
  const active = await activeLog(store, index).head();
  if (active === undefined || active.document.generation === generation) return;
  const serving = await findManifest(store, index, active.document.generation);
  const candidate = await findManifest(store, index, generation);
  if (serving === undefined || candidate === undefined) return;
  if (serving.manifest.dataset !== candidate.manifest.dataset) return;
  if (serving.manifest.datasetVersion > candidate.manifest.datasetVersion) {
    throw late(serving.manifest.generation, generation);
  }
}

function late(serving: string, generation: string): DomainError {
  return new DomainError({
    kind: "conflict",
    type: "promotion-late",
    message: `${serving} was promoted meanwhile, and is newer than ${generation}.`,
    remedy: "Promote the trial again: it will be built of what the index holds now.",
  });
}

function definitionChanged(index: string): DomainError {
  return new DomainError({
    kind: "conflict",
    type: "definition-changed",
    field: "index",
    message: `The definition of ${index} was changed after the trial was sent to be promoted.`,
    remedy: "Run the trial again over the index as it is defined now.",
  });
}

import { DomainError } from "../errors/domain-error.ts";
import { definitionLog } from "../generation/definition-log.ts";
import { isOfDefinition } from "../generation/generation-id.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { type ParameterFields, parseParameters } from "./trial-parameters.ts";

/**
 * Makes the parameters of a gated generation those of its index, so that later builds take them too. A second call finds
 * it done. Where the definition was changed by anybody else meanwhile, it stays as it is: `conflict`,
 * `definition-changed`.
 */
export async function adoptTrial(options: {
  store: ObjectStore;
  index: string;
  generation: string;
  promotion: { definition: number; parameters: ParameterFields };
}): Promise<void> {
  const { store, index, generation, promotion } = options;
  const parameters = parseParameters(promotion.parameters);
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
  if (serving.generation === generation) return;
  throw new DomainError({
    kind: "conflict",
    type: "promotion-late",
    message: `${serving.generation} was promoted meanwhile, and is newer than ${generation}.`,
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

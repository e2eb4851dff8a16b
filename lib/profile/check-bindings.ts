import type { Models } from "@lakefleet/config/models.ts";
import { datasetLog } from "../dataset/dataset-log.ts";
import { assertEmbedder } from "../embedding/open-embedders.ts";
import { DomainError } from "../errors/domain-error.ts";
import { definitionLog } from "../generation/definition-log.ts";
import type { IndexDefinition } from "../generation/index-definition.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import type { ProfileBindings } from "./profile.ts";

/** Throws `invalid`, with the field, where the profile would be bound to what there is not or does not fit together. */
export async function checkBindings(
  bindings: ProfileBindings,
  { store, models }: { store: ObjectStore; models: Models },
): Promise<void> {
  checkModels(bindings, models);
  if (bindings.bucket !== store.name)
    throw unfit("bucket-unknown", "bucket", `There is no bucket "${bindings.bucket}".`, `Use ${store.name}.`);
  for (const [place, dataset] of bindings.datasets.entries()) {
    if (await datasetLog(store, dataset).exists()) continue;
    throw unfit("dataset-unknown", `datasets.${place}`, `There is no dataset "${dataset}".`);
  }
  const definitions = await readDefinitions(bindings, store);
  const { backend } = bindings;
  const backends = definitions.map(({ parameters }) => parameters.backend);
  if (backend !== null && backends.length > 0 && !backends.includes(backend)) {
    const message = `None of the indexes is of the backend ${backend}.`;
    throw unfit("backend-unbound", "backend", message, "Add one that is, or leave the backend out.");
  }
  if (backend !== null && bindings.parameters !== null && bindings.parameters.backend !== backend)
    throw unfit("backend-unbound", "parameters.backend", `The backend of the profile is ${backend}.`);
}

function checkModels({ generator, embedder }: ProfileBindings, models: Models): void {
  if (generator === null && embedder === null)
    throw unfit("profile-model", "generator", "A profile needs a generator, an embedder, or both.");
  if (embedder !== null) assertEmbedder(embedder, models);
  if (generator === null || Object.hasOwn(models.generators, generator)) return;
  const known = Object.keys(models.generators).join(" or ");
  const remedy = known === "" ? "The file of models has none yet." : `Use ${known}.`;
  throw unfit("generator-unknown", "generator", `There is no generator "${generator}".`, remedy);
}

async function readDefinitions(
  { datasets, indexes }: ProfileBindings,
  store: ObjectStore,
): Promise<IndexDefinition[]> {
  const found: IndexDefinition[] = [];
  for (const [place, index] of indexes.entries()) {
    const field = `indexes.${place}`;
    const definition = (await definitionLog(store, index).head())?.document;
    if (definition === undefined) throw unfit("index-unknown", field, `There is no index "${index}".`);
    const { dataset } = definition;
    if (!datasets.includes(dataset)) {
      const message = `The index ${index} is over the dataset ${dataset}, which the profile is not bound to.`;
      throw unfit("index-dataset", field, message, `Add ${dataset} to datasets.`);
    }
    found.push(definition);
  }
  return found;
}

function unfit(type: string, field: string, message: string, remedy?: string): DomainError {
  return new DomainError({ kind: "invalid", type, field, message, remedy });
}

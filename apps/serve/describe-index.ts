import { readDataset } from "@lakefleet/lib/dataset/dataset-log.ts";
import { accountIndex } from "@lakefleet/lib/generation/account-index.ts";
import { activeLog } from "@lakefleet/lib/generation/active-log.ts";
import { readDefinition } from "@lakefleet/lib/generation/definition-log.ts";
import type { IndexWork } from "@lakefleet/lib/generation/lifecycle.ts";
import { listGenerations } from "@lakefleet/lib/generation/list-generations.ts";
import { readLifecycle } from "@lakefleet/lib/generation/read-lifecycle.ts";
import type { ObjectStore } from "@lakefleet/lib/storage/object-store.ts";

/** One index as people ask about it: what it is, what serves, and the books against the dataset as it is now. */
export async function describeIndex(store: ObjectStore, index: string, work: IndexWork = {}) {
  const definition = await readDefinition(store, index);
  const [dataset, active, generations, accounting] = await Promise.all([
    readDataset(store, definition.dataset),
    activeLog(store, index).head(),
    listGenerations({ store, index }),
    accountIndex({ store, index }),
  ]);
  const facts = { store, definition, dataset, active, generations, accounting, work };
  const { state, reason } = await readLifecycle(facts);
  return {
    name: index,
    state,
    state_reason: reason,
    job: work.open?.job ?? null,
    dataset: definition.dataset,
    dataset_version: dataset.version,
    backend: definition.parameters.backend,
    embedder: definition.embedderId,
    active: active?.document.generation ?? null,
    forced: active?.document.forced === true,
    generations: generations.map((generation) => generation.generation),
    accounting,
  };
}

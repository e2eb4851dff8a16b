import type { DatasetVersion } from "../dataset/dataset-version.ts";
import { readPipelineProgress } from "../embedding/read-progress.ts";
import type { Commit } from "../storage/commit-record.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import type { IndexBooks } from "./account-index.ts";
import type { ActiveGeneration } from "./active-log.ts";
import { isOfDefinition } from "./generation-id.ts";
import type { IndexDefinition } from "./index-definition.ts";
import { decideLifecycle, type IndexWork } from "./lifecycle.ts";
import type { GenerationSummary } from "./list-generations.ts";

/** The state of an index by what was just read of it; the pipeline is looked at only where a request is open. */
export async function readLifecycle(options: {
  store: ObjectStore;
  definition: IndexDefinition;
  dataset: DatasetVersion;
  active: Commit<ActiveGeneration> | undefined;
  generations: readonly GenerationSummary[];
  accounting: IndexBooks;
  work: IndexWork;
}) {
  const { definition, dataset, active, generations, work } = options;
  const built = generations.find(
    ({ generation, datasetVersion }) =>
      datasetVersion === dataset.version &&
      generation !== active?.document.generation &&
      isOfDefinition(generation, definition),
  );
  return decideLifecycle({
    work,
    activeSince: active?.at ?? null,
    behind: whyBehind(options),
    embedded: work.open === undefined || (await isEmbedded(options)),
    built,
  });
}

function whyBehind(options: Parameters<typeof readLifecycle>[0]): string | undefined {
  const { definition, dataset, active, generations, accounting } = options;
  if (active === undefined) return "Nothing serves yet.";
  const { generation } = active.document;
  if (!isOfDefinition(generation, definition))
    return `${generation} was built by another definition than today's.`;
  if (accounting.pending > 0 || accounting.stale > 0) {
    const { pending, stale } = accounting;
    return `${pending} rows are not searched yet, and ${stale} that are found are gone from ${dataset.dataset}.`;
  }
  return generations.some((known) => known.generation === generation) ? undefined : `${generation} is gone.`;
}

async function isEmbedded({
  store,
  definition,
  dataset,
}: Parameters<typeof readLifecycle>[0]): Promise<boolean> {
  const progress = await readPipelineProgress(store, { index: definition.index, name: definition.pipeline });
  if (progress === undefined) return false;
  const isCurrent =
    progress.datasetVersion >= dataset.version && progress.embedderId === definition.embedderId;
  return isCurrent && progress.waiting === 0;
}

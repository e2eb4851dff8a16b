import type { Models } from "@lakefleet/config/models.ts";
import { readDataset } from "../dataset/dataset-log.ts";
import { readDefinition } from "../generation/definition-log.ts";
import { newIntentId } from "../jobs/intent-id.ts";
import type { JobReference } from "../jobs/intent-record.ts";
import type { StartFlow } from "../jobs/start-flow.ts";
import { changeProfile } from "../profile/edit-profile.ts";
import type { Profile } from "../profile/profile.ts";
import { readProfile } from "../profile/profile-log.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { defineIndex } from "./define-index.ts";
import { indexSteps } from "./steps.ts";

/**
 * Makes an index `<profile>-<dataset>` for each dataset of the profile that none of its indexes is over, configured as
 * the profile says, and binds it to the profile; one that says nothing gets none. As `defineIndex` and `changeProfile`.
 */
export async function provisionIndexes(
  { id, actor }: { id: string; actor: string },
  surroundings: { store: ObjectStore; models: Models; startFlow: StartFlow },
): Promise<{ index: string; job: JobReference }[]> {
  const { store, models, startFlow } = surroundings;
  const profile = await readProfile(store, id);
  const { parameters, embedder, version } = profile;
  if (parameters === null) return [];
  const made: { index: string; job: JobReference }[] = [];
  for (const dataset of await datasetsWithout(store, profile)) {
    const index = `${id}-${dataset}`;
    const settings = { name: index, parameters, ...(embedder === null ? {} : { embedderId: embedder }) };
    await defineIndex({ store, models, dataset: await readDataset(store, dataset), settings });
    const job = await startFlow({ steps: indexSteps(newIntentId(), index), actor });
    made.push({ index, job });
  }
  const indexes = [...profile.indexes, ...made.map(({ index }) => index)];
  if (made.length > 0) await changeProfile({ store, models, id, actor }, { version, indexes });
  return made;
}

async function datasetsWithout(
  store: ObjectStore,
  { datasets, indexes }: Pick<Profile, "datasets" | "indexes">,
): Promise<string[]> {
  const covered = await Promise.all(
    indexes.map(async (index) => (await readDefinition(store, index)).dataset),
  );
  return datasets.filter((dataset) => !covered.includes(dataset));
}

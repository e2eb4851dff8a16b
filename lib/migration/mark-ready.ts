import { readDefinition } from "../generation/definition-log.ts";
import { readManifest } from "../generation/read-manifest.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { changeMigration } from "./read-migrations.ts";

/** Writes down which generation may take over, once the gate has let it pass. One that was ended meanwhile stays so. */
export async function markReady(
  store: ObjectStore,
  migration: { index: string; id: string },
  { generation, datasetVersion }: { generation: string; datasetVersion: number },
): Promise<void> {
  await changeMigration(store, migration, (now) =>
    now.state === "shadow" || now.state === "ready"
      ? { ...now, state: "ready", shadow: { generation, datasetVersion } }
      : undefined,
  );
}

/** Whether the index has another model by now than the one that a generation was built by. */
export async function hasLeftModel(store: ObjectStore, index: string, generation: string): Promise<boolean> {
  const { embedderId } = await readDefinition(store, index);
  return (await readManifest(store, index, generation)).manifest.embedderId !== embedderId;
}

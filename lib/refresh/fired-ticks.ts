import { z } from "zod";
import { datasetKeys } from "../dataset/dataset-keys.ts";
import type { ObjectStore } from "../storage/object-store.ts";

const Fired = z.strictObject({ policy: z.int(), tick: z.number() });
export type Fired = z.infer<typeof Fired>;

/** The last tick that was handled, and the number of the policy that it was one of; undefined before the first. */
export async function readFired(store: ObjectStore, dataset: string): Promise<Fired | undefined> {
  const key = datasetKeys(dataset).firedTick;
  if ((await store.size(key)) === undefined) return undefined;
  return Fired.parse(JSON.parse(Buffer.from(await store.get(key)).toString("utf8")));
}

export async function writeFired(store: ObjectStore, dataset: string, fired: Fired): Promise<void> {
  await store.put(datasetKeys(dataset).firedTick, Buffer.from(JSON.stringify(fired)));
}

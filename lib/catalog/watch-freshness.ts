import type { ObjectStore } from "../storage/object-store.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { type DatasetFreshness, listFreshness } from "./list-stale.ts";

export interface FreshnessWatchOptions {
  store: ObjectStore;
  telemetry: Telemetry;
  clock?: () => Date;
}

/** One object for each dataset that was told of as stale, with the moment from which it is. */
const toldPrefix = "catalog/stale/";

/**
 * Tells once of every dataset that becomes stale, and once that it is fresh again. What was told is kept in the bucket,
 * so that any number of processes may watch, one after the other or at once.
 */
export async function watchFreshness(
  options: FreshnessWatchOptions,
): Promise<{ checked: number; stale: number }> {
  const { store, telemetry, clock = () => new Date() } = options;
  const known = new Set<string>();
  for await (const { key } of store.list(toldPrefix)) known.add(key.slice(toldPrefix.length));
  const datasets = await listFreshness(store, clock());
  const stale = datasets.filter(({ state }) => state === "stale");
  for (const dataset of stale) if (!known.has(dataset.dataset)) await tell(options, dataset);
  const names = new Set(stale.map(({ dataset }) => dataset));
  for (const dataset of known) {
    if (names.has(dataset)) continue;
    await store.delete(toldPrefix + dataset);
    telemetry.emit("dataset.fresh-again", { dataset });
  }
  telemetry.emit("catalog.freshness", { checked: datasets.length, stale: stale.length });
  return { checked: datasets.length, stale: stale.length };
}

/** Of processes that see it at once, the one that writes it down tells of it. */
async function tell({ store, telemetry }: FreshnessWatchOptions, found: DatasetFreshness): Promise<void> {
  const { dataset, owner, ageSeconds, staleAt } = found;
  const record = Buffer.from(JSON.stringify({ staleAt }));
  if (!(await store.putIfAbsent(toldPrefix + dataset, record))) return;
  telemetry.emit("dataset.stale", { dataset, ...(owner === undefined ? {} : { owner }), ageSeconds });
}

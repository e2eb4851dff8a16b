import { indexSteps } from "@lakefleet/lib/ingest/steps.ts";
import type { JobContext } from "@lakefleet/lib/jobs/job-context.ts";
import type { StartFlow } from "@lakefleet/lib/jobs/start-flow.ts";
import { findBehind } from "@lakefleet/lib/refresh/find-behind.ts";
import type { ObjectStore } from "@lakefleet/lib/storage/object-store.ts";
import { childIntent } from "./child-intent.ts";

export interface RefreshResult {
  datasetVersion: number;
  current: string[];
  started: { index: string; intent: string }[];
}

/** Starts one flow for each index that lags behind its dataset. A second run of the same job starts the same flows. */
export async function handleRefresh(
  payload: { intent: string; dataset: string; scheduled?: boolean | undefined },
  context: JobContext,
  { store, startFlow }: { store: ObjectStore; startFlow: StartFlow },
): Promise<RefreshResult> {
  const { dataset, current, behind } = await findBehind(store, payload.dataset);
  const total = current.length + behind.length;
  const started: RefreshResult["started"] = [];
  for (const { index, cause, takenBack } of behind) {
    context.signal.throwIfAborted();
    if (takenBack && payload.scheduled === true) {
      context.log(`${index} is behind: somebody went back from what was level, and that stands`);
      continue;
    }
    const intent = childIntent(payload.intent, index);
    await startFlow({ steps: indexSteps(intent, index), actor: "refresh" });
    context.log(`${index} is behind: ${cause}`);
    started.push({ index, intent });
    context.progress({ done: current.length + started.length, total, unit: "indexes" });
  }
  return { datasetVersion: dataset.version, current, started };
}

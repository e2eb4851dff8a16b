import { readDataset } from "@lakefleet/lib/dataset/dataset-log.ts";
import { accountIndex } from "@lakefleet/lib/generation/account-index.ts";
import { indexesOf } from "@lakefleet/lib/ingest/request-ingest.ts";
import { indexSteps } from "@lakefleet/lib/ingest/steps.ts";
import type { JobContext } from "@lakefleet/lib/jobs/job-context.ts";
import type { StartFlow } from "@lakefleet/lib/jobs/start-flow.ts";
import type { ObjectStore } from "@lakefleet/lib/storage/object-store.ts";
import type { refreshQueue } from "@lakefleet/queues/refresh.queue.ts";
import type { z } from "zod";
import { childIntent } from "./child-intent.ts";

/** Starts one flow for each index that lags behind its dataset. A second run of the same job starts the same flows. */
export async function handleRefresh(
  payload: z.infer<typeof refreshQueue.payload>,
  context: JobContext,
  { store, startFlow }: { store: ObjectStore; startFlow: StartFlow },
): Promise<z.infer<typeof refreshQueue.result>> {
  const dataset = await readDataset(store, payload.dataset);
  const current: string[] = [];
  const started: { index: string; intent: string }[] = [];
  const indexes = await indexesOf(store, payload.dataset);
  for (const [position, index] of indexes.entries()) {
    context.signal.throwIfAborted();
    const { pending, failed } = await accountIndex({ store, index });
    if (pending === 0 && Object.keys(failed).length === 0) {
      current.push(index);
    } else {
      const intent = childIntent(payload.intent, index);
      await startFlow({ steps: indexSteps(intent, index), actor: "refresh" });
      started.push({ index, intent });
    }
    context.progress({ done: position + 1, total: indexes.length, unit: "indexes" });
  }
  return { datasetVersion: dataset.version, current, started };
}

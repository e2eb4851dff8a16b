import { DomainError } from "@lakefleet/lib/errors/domain-error.ts";
import { activeLog } from "@lakefleet/lib/generation/active-log.ts";
import { openGeneration } from "@lakefleet/lib/generation/read/open-generation.ts";
import type { JobContext } from "@lakefleet/lib/jobs/job-context.ts";
import type { LocalStore } from "@lakefleet/lib/storage/local-store.ts";
import type { Telemetry } from "@lakefleet/lib/telemetry/telemetry.ts";
import { measureEffort } from "@lakefleet/lib/trial/measure-effort.ts";
import { openTrialJournal, readTrials } from "@lakefleet/lib/trial/trial-journal.ts";
import type { trialQueue } from "@lakefleet/queues/trial.queue.ts";
import type { z } from "zod";

/** Measures one effort on what serves now and writes the journal; a trial that is in the journal is not run again. */
export async function handleTrial(
  payload: z.infer<typeof trialQueue.payload>,
  context: JobContext,
  dependencies: { store: LocalStore; telemetry: Telemetry },
): Promise<z.infer<typeof trialQueue.result>> {
  const { index, effort, k, intent } = payload;
  const journal = { ...dependencies, index };
  const known = (await readTrials(journal)).find((record) => record.trial === intent);
  if (known) return known;
  const { store } = dependencies;
  const active = await activeLog(store, index).head();
  if (!active) {
    throw new DomainError({
      kind: "conflict",
      type: "generation-missing",
      message: `The index ${index} has no active generation to measure.`,
      remedy: "Ingest something into it first.",
    });
  }
  const { generation } = active.document;
  const opened = await openGeneration({ store, index, generation, signal: context.signal });
  try {
    const { signal, progress } = context;
    const measured = await measureEffort({ store, opened, effort, k, signal, progress });
    const record = { trial: intent, index, generation, at: new Date().toISOString(), effort, k, ...measured };
    const log = await openTrialJournal(journal);
    await log.append(record);
    await log.close();
    return record;
  } finally {
    await opened.close();
  }
}

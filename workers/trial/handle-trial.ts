import { DomainError } from "@lakefleet/lib/errors/domain-error.ts";
import { activeLog } from "@lakefleet/lib/generation/active-log.ts";
import { openGeneration } from "@lakefleet/lib/generation/read/open-generation.ts";
import type { JobContext } from "@lakefleet/lib/jobs/job-context.ts";
import { checksumBytes } from "@lakefleet/lib/storage/checksum.ts";
import type { LocalStore } from "@lakefleet/lib/storage/local-store.ts";
import type { Telemetry } from "@lakefleet/lib/telemetry/telemetry.ts";
import { measureEffort } from "@lakefleet/lib/trial/measure-effort.ts";
import { appendToJournal, readJournal } from "@lakefleet/lib/trial/trial-journal.ts";
import { parseParameters } from "@lakefleet/lib/trial/trial-parameters.ts";
import type { TrialRecord } from "@lakefleet/lib/trial/trial-record.ts";
import type { trialQueue } from "@lakefleet/queues/trial.queue.ts";
import type { z } from "zod";

/** Measures one configuration on what serves now and writes the journal; a trial that is in the journal is not run again. */
export async function handleTrial(
  payload: z.infer<typeof trialQueue.payload>,
  context: JobContext,
  dependencies: { store: LocalStore; telemetry: Telemetry },
): Promise<z.infer<typeof trialQueue.result>> {
  const { index, k, intent, sampleShare, seed, why } = payload;
  const { store } = dependencies;
  const journal = await readJournal({ ...dependencies, index });
  const known = journal.find((record) => record.kind === "trial" && record.trial === intent);
  if (known?.kind === "trial") return known;
  const parameters = parseParameters(payload.parameters);
  const active = await activeLog(store, index).head();
  if (!active) {
    throw new DomainError({
      kind: "conflict",
      type: "generation-missing",
      field: "index",
      message: `The index ${index} has no active generation to measure.`,
      remedy: "Ingest something into it first.",
    });
  }
  const { generation } = active.document;
  const opened = await openGeneration({ store, index, generation, signal: context.signal });
  try {
    const { signal, progress } = context;
    const effort = parameters.expansionSearch;
    const measured = await measureEffort({ store, opened, effort, k, signal, progress });
    const { manifest } = opened;
    const record: TrialRecord = {
      kind: "trial",
      trial: intent,
      index,
      generation,
      corpus: checksumBytes(`${manifest.dataset} ${manifest.datasetVersion} ${manifest.embedderId}`),
      at: new Date().toISOString(),
      parameters,
      sampleShare,
      seed,
      evalSet: null,
      k,
      recallLow: measured.recall,
      recallHigh: measured.recall,
      p99Ms: measured.p95Ms,
      buildMs: manifest.buildDurationMs,
      graphReused: true,
      memoryBytes: 0,
      diskBytes: 0,
      cpuMs: 0,
      why,
      ...measured,
    };
    await appendToJournal({ store, index }, record);
    return record;
  } finally {
    await opened.close();
  }
}

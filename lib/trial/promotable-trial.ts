import { DomainError } from "../errors/domain-error.ts";
import { corpusFingerprint } from "../evaluation/corpus.ts";
import { activeLog } from "../generation/active-log.ts";
import { openGeneration } from "../generation/read/open-generation.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import type { JournalRecord, TrialRecord } from "./trial-record.ts";

/**
 * The trial as it stands in the journal, if its figures are about what serves now. Throws `trial-missing` (not-found),
 * and as conflicts `trial-failed`, `trial-sampled`, and `corpus-changed` where the index has other chunks by now.
 */
export async function promotableTrial(options: {
  store: ObjectStore;
  index: string;
  trial: string;
  journal: readonly JournalRecord[];
}): Promise<TrialRecord> {
  const { store, index, trial, journal } = options;
  const found = journal.find((record) => record.kind !== "promotion" && record.trial === trial);
  if (found === undefined) throw missing(index, trial);
  if (found.kind !== "trial") {
    throw refused("trial-failed", `The trial ${trial} could not be measured.`, "Promote another one.");
  }
  if (found.sampleShare < 1) {
    throw refused(
      "trial-sampled",
      `The trial ${trial} measured a share of ${found.sampleShare} of the chunks only.`,
      "Run it again over all of them.",
    );
  }
  const active = await activeLog(store, index).head();
  const corpus =
    active && (await corpusOf({ store, index, generation: active.document.generation, journal }));
  if (corpus === found.corpus) return found;
  throw refused(
    "corpus-changed",
    `The index ${index} does not serve the chunks any more that the trial ${trial} measured.`,
    "Run the trial again over what serves now.",
  );
}

/** Most often another trial has read the whole generation for it before. */
async function corpusOf(options: {
  store: ObjectStore;
  index: string;
  generation: string;
  journal: readonly JournalRecord[];
}): Promise<string> {
  const { store, index, generation, journal } = options;
  for (const record of journal) {
    if (record.kind === "trial" && record.generation === generation) return record.corpus;
  }
  const opened = await openGeneration({ store, index, generation });
  try {
    return await corpusFingerprint(opened);
  } finally {
    await opened.close();
  }
}

function missing(index: string, trial: string): DomainError {
  return new DomainError({
    kind: "not-found",
    type: "trial-missing",
    field: "trial",
    message: `The journal of ${index} has no trial ${JSON.stringify(trial.slice(0, 100))}.`,
    remedy: "List the index's trials.",
  });
}

function refused(type: string, message: string, remedy: string): DomainError {
  return new DomainError({ kind: "conflict", type, field: "trial", message, remedy });
}

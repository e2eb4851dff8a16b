import { DomainError } from "../../errors/domain-error.ts";
import { corpusFingerprint } from "../../evaluation/corpus.ts";
import { activeLog } from "../../generation/active-log.ts";
import { openGeneration } from "../../generation/read/open-generation.ts";
import { failpoint } from "../../storage/failpoint.ts";
import { withFileLock } from "../../storage/file-lock.ts";
import type { Telemetry } from "../../telemetry/telemetry.ts";
import { compactJournalIfDue } from "../compact-journal.ts";
import type { ThreadAdvance } from "../thread/thread-protocol.ts";
import { appendToJournal, readJournal } from "../trial-journal.ts";
import { type ParameterFields, parseParameters } from "../trial-parameters.ts";
import type { TrialFailure, TrialRecord } from "../trial-record.ts";
import { measureTrial, type TrialResources } from "./measure-trial.ts";
import { trialLock } from "./trial-lock.ts";

export interface TrialTask {
  /** The intent that asks; a trial that is in the journal is not measured again. */
  trial: string;
  index: string;
  parameters: ParameterFields;
  sampleShare: number;
  seed: number;
  k: number;
  evalSet?: string | undefined;
  why: string;
}

interface RunOptions extends TrialResources {
  telemetry: Telemetry;
  task: TrialTask;
  signal: AbortSignal;
  progress: (advance: ThreadAdvance) => void;
}

/** A trial of the same index may take hours; the job that waits for it goes back to its queue instead. */
const lockWaitMaxMs = 5_000;

/**
 * Measures one configuration over what the index serves now, and writes the journal: exactly one record, whatever runs
 * twice or dies in the middle. A configuration that cannot be measured is written down as a failure and thrown.
 */
export function runTrial(options: RunOptions): Promise<TrialRecord> {
  const { locks, task, signal } = options;
  const lock = { folder: locks, name: trialLock(task.index), waitMaxMs: lockWaitMaxMs, signal };
  return withFileLock(lock, async () => (await findRecord(options)) ?? (await measure(options)));
}

async function findRecord({ store, telemetry, task }: RunOptions): Promise<TrialRecord | undefined> {
  const journal = await readJournal({ store, telemetry, index: task.index });
  return journal.find((record) => record.kind === "trial" && record.trial === task.trial) as
    | TrialRecord
    | undefined;
}

async function measure(options: RunOptions): Promise<TrialRecord> {
  const { store, task, signal } = options;
  const { trial, index, sampleShare, seed, k, evalSet, why } = task;
  const parameters = parseParameters(task.parameters);
  const active = await activeLog(store, index).head();
  if (active === undefined) throw nothingToMeasure(index, "has no active generation");
  const { generation } = active.document;
  const opened = await openGeneration({ store, index, generation, signal });
  try {
    if (opened.manifest.vectorCount === 0) throw nothingToMeasure(index, "holds no vectors");
    const corpus = await corpusFingerprint(opened, { signal });
    const facts = { trial, index, corpus, parameters, sampleShare, why };
    const measurement = { ...options, opened, corpus, parameters, sampleShare, seed, k, evalSet };
    const measured = await measureTrial(measurement).catch(async (error: unknown) => {
      if (isVerdict(error)) await recordFailure(options, facts, error);
      throw error;
    });
    const record: TrialRecord = {
      kind: "trial",
      ...facts,
      generation,
      at: new Date().toISOString(),
      seed,
      k,
      ...measured,
    };
    failpoint("trial.before-record");
    await appendToJournal({ store, index }, record);
    failpoint("trial.after-record");
    await compactJournalIfDue({ store, index, telemetry: options.telemetry });
    return record;
  } finally {
    await opened.close();
  }
}

async function recordFailure(
  { store, task }: RunOptions,
  facts: Pick<TrialFailure, "trial" | "index" | "corpus" | "parameters" | "sampleShare" | "why">,
  { type, message }: DomainError,
): Promise<void> {
  const at = new Date().toISOString();
  const text = message.slice(0, 2_000);
  await appendToJournal(
    { store, index: task.index },
    { kind: "failure", ...facts, at, errorType: type, message: text },
  );
}

/** What the configuration itself is to blame for; anything else could end differently another time. */
function isVerdict(error: unknown): error is DomainError {
  return error instanceof DomainError && verdictTypes.has(error.type);
}

const verdictTypes: ReadonlySet<string> = new Set(["trial-failed", "index-parameters", "engine-unavailable"]);

function nothingToMeasure(index: string, problem: string): DomainError {
  return new DomainError({
    kind: "conflict",
    type: "generation-missing",
    field: "index",
    message: `The index ${index} ${problem}, so there is nothing to measure.`,
    remedy: "Ingest something into it first.",
  });
}

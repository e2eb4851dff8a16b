import { createHash } from "node:crypto";
import type { Promotion } from "@lakefleet/queues/index.queue.ts";
import { DomainError } from "../errors/domain-error.ts";
import { definitionLog } from "../generation/definition-log.ts";
import { newIntentId } from "../jobs/intent-id.ts";
import type { JobReference } from "../jobs/intent-record.ts";
import type { StartFlow } from "../jobs/start-flow.ts";
import type { LocalStore } from "../storage/local-store.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { promotableTrial } from "../trial/promotable-trial.ts";
import { appendToJournal, readJournal } from "../trial/trial-journal.ts";
import type { JournalRecord, PromotionRecord } from "../trial/trial-record.ts";
import { promotionSteps } from "./steps.ts";

export interface PromoteTrialOptions {
  store: LocalStore;
  startFlow: StartFlow;
  telemetry: Telemetry;
  index: string;
  trial: string;
  /** Who asks, and why: both go into the journal and the index's history. */
  actor: string;
  why: string;
}

/**
 * Sends a trial's configuration through build, gate and promote. The definition changes with the last step alone: what
 * a gate refuses leaves the index as it was, and other builds meanwhile are of the old configuration. Asked again while
 * it is on its way, it is the same promotion. Throws as `promotableTrial` does, and `index-missing`.
 */
export async function promoteTrial(
  options: PromoteTrialOptions,
): Promise<{ intent: string; job: JobReference }> {
  const { store, startFlow, index, trial, actor, why } = options;
  const defined = await definitionLog(store, index).head();
  if (defined === undefined) throw indexMissing(index);
  const journal = await readJournal(options);
  const { parameters } = await promotableTrial({ store, index, trial, journal });
  const promotion: Promotion = { trial, definition: defined.number, parameters, actor, why };
  const intent = promotionIntent({ index, trial, defined, journal });
  const job = await startFlow({ steps: promotionSteps(intent, index, promotion), actor });
  await appendToJournal({ store, index }, startedRecord(index, intent, promotion, new Date().toISOString()));
  return { intent, job };
}

/** The record of a promotion that has been accepted. */
export function startedRecord(
  index: string,
  intent: string,
  { trial, actor, why }: Promotion,
  at: string,
): PromotionRecord {
  return { kind: "promotion", trial, index, intent, at, actor, outcome: "started", generation: null, why };
}

/** The same for as long as neither the definition has changed nor an earlier try of this trial has ended. */
function promotionIntent(facts: {
  index: string;
  trial: string;
  defined: { number: number; at: string };
  journal: readonly JournalRecord[];
}): string {
  const { index, trial, defined, journal } = facts;
  const ended = journal.filter(
    (record) => record.kind === "promotion" && record.trial === trial && record.outcome !== "started",
  );
  const text = `${index}/${trial}/${defined.number}/${ended.length}`;
  const digest = createHash("sha256").update(text).digest("hex");
  // The first ten digits are a time, by which intents are kept and listed.
  const since = ended.at(-1)?.at ?? trialTime(journal, trial) ?? defined.at;
  return newIntentId(Date.parse(since)).slice(0, 10) + digest.slice(0, 16);
}

function trialTime(journal: readonly JournalRecord[], trial: string): string | undefined {
  return journal.find((record) => record.kind === "trial" && record.trial === trial)?.at;
}

function indexMissing(index: string): DomainError {
  return new DomainError({
    kind: "not-found",
    type: "index-missing",
    field: "index",
    message: `There is no index ${JSON.stringify(index)}.`,
    remedy: "List the indexes, or make this one.",
  });
}

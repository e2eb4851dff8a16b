import { atOnePace } from "../trial/at-one-pace.ts";
import { trialKey } from "../trial/configuration-key.ts";
import type { JournalRecord, PromotionRecord, TrialRecord } from "../trial/trial-record.ts";
import type { AgentDecision, SessionFacts } from "./agent-decision.ts";
import type { AgentSettings } from "./agent-settings.ts";

export interface SessionView {
  settings: AgentSettings;
  facts: SessionFacts;
  /** The index's journal, settled, oldest first. */
  history: readonly JournalRecord[];
}

/** The trials whose figures can be compared: the same chunks, the same queries, the same `k`, at one machine's pace. */
export function comparableTrials({ settings, facts, history }: SessionView): TrialRecord[] {
  const alike = history.filter(
    (record): record is TrialRecord =>
      record.kind === "trial" &&
      record.corpus === facts.corpus &&
      record.evalSet === facts.evalSet &&
      record.k === settings.options.k,
  );
  return atOnePace(alike);
}

/** The trial of what serves now. */
export function servingTrial(view: SessionView): TrialRecord | undefined {
  const { facts } = view;
  const serving = trialKey(facts.serving, facts.corpus, 1);
  return comparableTrials(view).find(
    ({ parameters, sampleShare }) => trialKey(parameters, facts.corpus, sampleShare) === serving,
  );
}

/** Whether what a decision asked for has an outcome in the journal. */
export function isSettled(decision: AgentDecision, history: readonly JournalRecord[]): boolean {
  if (decision.action === "finish") return true;
  if (decision.action === "promote") return promotionsOf(decision, history).some(hasEnded);
  return history.some((record) => record.kind !== "promotion" && record.trial === decision.intent);
}

/** What the journal has of the promotion that a decision asked for; its id is not the decision's. */
export function promotionsOf(decision: AgentDecision, history: readonly JournalRecord[]): PromotionRecord[] {
  return history.filter(
    (record) => record.kind === "promotion" && record.trial === decision.trial && record.at >= decision.at,
  ) as PromotionRecord[];
}

function hasEnded({ outcome }: PromotionRecord): boolean {
  return outcome !== "started";
}

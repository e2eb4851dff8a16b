import type { TrialRecord } from "../trial/trial-record.ts";

/** Standard errors between a recall and the end of its 95 % interval. */
const errorsToEnd = 1.96;

/**
 * The recall less one standard error. A promotion builds the graph again, and not quite the same one: what was measured
 * just at the target would fall short of it as often as not.
 */
export function dependableRecall({ recall, recallLow }: Pick<TrialRecord, "recall" | "recallLow">): number {
  return recall - (recall - recallLow) / errorsToEnd;
}

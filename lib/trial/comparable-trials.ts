import type { JournalRecord, TrialRecord } from "./trial-record.ts";

/**
 * The trials whose figures can be set beside each other: those that measured the whole of the same chunks with the same
 * queries to the same depth as the newest one. The newest counts for a configuration that was measured twice.
 */
export function comparableTrials(journal: readonly JournalRecord[]): TrialRecord[] {
  const whole = journal.filter(
    (record): record is TrialRecord => record.kind === "trial" && record.sampleShare === 1,
  );
  const newest = whole.at(-1);
  if (newest === undefined) return [];
  const { corpus, k, evalSet } = newest;
  return whole.filter((trial) => trial.corpus === corpus && trial.k === k && trial.evalSet === evalSet);
}

import type { JournalRecord, TrialRecord } from "./trial-record.ts";

/** The trial whose configuration serves: that of the last promotion which made the serving generation active. */
export function findChampion(
  journal: readonly JournalRecord[],
  trials: readonly TrialRecord[],
  serving: string | undefined,
): TrialRecord | undefined {
  const promotion = journal.findLast(
    (record) => record.kind === "promotion" && record.outcome === "promoted" && record.generation === serving,
  );
  return trials.find(({ trial }) => trial === promotion?.trial);
}

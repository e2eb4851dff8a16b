import { describeParameters } from "@lakefleet/lib/trial/describe-parameters.ts";
import type { JournalRecord, TrialRecord } from "@lakefleet/lib/trial/trial-record.ts";

export interface TrialJournal {
  index: string;
  records: JournalRecord[];
  next: string | null;
  total: number;
}

export interface BestTrial {
  index: string;
  metric: string;
  recallFloor: number;
  compared: number;
  best: TrialRecord | null;
  front: TrialRecord[];
}

/** The journal for people, a line for each record. */
export function journalLines({ records, total }: TrialJournal): string[] {
  if (records.length === 0) return ["no trials"];
  const rest = total > records.length ? [`${total - records.length} older ones`] : [];
  return [...records.map(recordLine), ...rest];
}

export function bestLines({ best, recallFloor, compared, front }: BestTrial): string[] {
  if (best === null) return [`none of ${compared} trials reaches a recall of ${recallFloor}`];
  const others = front.filter(({ trial }) => trial !== best.trial).map((trial) => `  ${trialLine(trial)}`);
  return [
    `best of ${compared}:`,
    `  ${trialLine(best)}`,
    ...(others.length > 0 ? ["front:", ...others] : []),
  ];
}

function recordLine(record: JournalRecord): string {
  const when = record.at.slice(0, 19).replace("T", " ");
  if (record.kind === "trial") return `${when}  ${trialLine(record)}; ${record.why}`;
  if (record.kind === "failure")
    return `${when}  ${record.trial}  failed (${record.errorType}): ${record.message}; ${describeParameters(record.parameters)}`;
  const what = record.generation === null ? record.trial : `${record.trial} as ${record.generation}`;
  return `${when}  ${what}  ${record.outcome} by ${record.actor}: ${record.why}`;
}

function trialLine({ trial, recall, recallLow, recallHigh, p50Ms, p95Ms, buildMs, ...rest }: TrialRecord) {
  const interval = `${recall.toFixed(4)} (${recallLow.toFixed(3)}–${recallHigh.toFixed(3)})`;
  const build = `${(buildMs / 1_000).toFixed(1)} s${rest.graphReused ? " (reused)" : ""}`;
  const sample = rest.sampleShare < 1 ? ` of ${rest.sampleShare} of the chunks` : "";
  return `${trial}  recall ${interval}  p50 ${p50Ms.toFixed(3)} ms  p95 ${p95Ms.toFixed(3)} ms  build ${build}${sample}  ${describeParameters(rest.parameters)}`;
}

import type { AcceptedRecord, EndedRecord, IntentRecord } from "./intent-record.ts";

/** What the log says of one intent. */
export interface Intent {
  accepted: AcceptedRecord;
  /** How often it was reopened. */
  round: number;
  /** Present once the current round has ended. */
  ended: EndedRecord | undefined;
}

/** Everything read of one intent so far; its records may arrive in any order, and more than once. */
export interface IntentEntry {
  accepted: AcceptedRecord | undefined;
  round: number;
  ended: EndedRecord | undefined;
}

/** Folds one record in. Commutative, associative and idempotent, so several writers need no common order. */
export function applyRecord(entry: IntentEntry | undefined, record: IntentRecord): IntentEntry {
  const before = entry ?? { accepted: undefined, round: 0, ended: undefined };
  switch (record.kind) {
    case "accepted":
      return { ...before, accepted: earlier(before.accepted, record) };
    case "reopened":
      return { ...before, round: Math.max(before.round, record.round) };
    case "ended":
      return { ...before, ended: decisive(before.ended, record) };
  }
}

export function intentOf(entry: IntentEntry | undefined): Intent | undefined {
  if (entry?.accepted === undefined) return undefined;
  const round = Math.max(entry.round, entry.ended?.round ?? 0);
  return { accepted: entry.accepted, round, ended: entry.ended?.round === round ? entry.ended : undefined };
}

function earlier(left: AcceptedRecord | undefined, right: AcceptedRecord): AcceptedRecord {
  return left !== undefined && left.at <= right.at ? left : right;
}

/** The end of the latest round counts; among several ends of one round the first, then the state's name decides. */
function decisive(left: EndedRecord | undefined, right: EndedRecord): EndedRecord {
  if (left === undefined || right.round > left.round) return right;
  if (right.round < left.round) return left;
  if (left.at !== right.at) return left.at < right.at ? left : right;
  return left.state <= right.state ? left : right;
}

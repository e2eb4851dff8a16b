import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { IndexParameters } from "../vector/index-parameters.ts";
import { settleJournal } from "./settle-journal.ts";
import type { JournalRecord, TrialFailure, TrialRecord } from "./trial-record.ts";

const parameters = IndexParameters.parse({ backend: "hnsw" });
const shared = { index: "i", corpus: "c", parameters, sampleShare: 1, why: "test" };

function trial(name: string, at: string): TrialRecord {
  return {
    ...shared,
    kind: "trial",
    trial: name,
    at,
    generation: "g00000001-0123456789abcdef",
    seed: 0,
    evalSet: null,
    k: 10,
    queryCount: 64,
    recall: 1,
    recallLow: 1,
    recallHigh: 1,
    p50Ms: 1,
    p95Ms: 1,
    p99Ms: 1,
    buildMs: 1,
    graphReused: false,
    memoryBytes: 1,
    diskBytes: 1,
    cpuMs: 1,
  };
}

function failure(name: string, at: string): TrialFailure {
  return { ...shared, kind: "failure", trial: name, at, errorType: "e", message: "m" };
}

function promotion(intent: string, outcome: "started" | "promoted", at: string): JournalRecord {
  const rest = { trial: "a", index: "i", actor: "test", generation: null, why: "test" };
  return { ...rest, kind: "promotion", intent, outcome, at };
}

describe("a settled journal", () => {
  test("has a trial once that was delivered twice, as it was measured first", () => {
    expect(settleJournal([trial("a", "2"), trial("a", "1")])).toEqual([trial("a", "1")]);
  });

  test("forgets a failure once its trial was measured after all, and no other", () => {
    const records = [failure("a", "1"), failure("b", "2"), failure("b", "3"), trial("a", "4")];
    expect(settleJournal(records)).toEqual([failure("b", "2"), trial("a", "4")]);
  });

  test("keeps the beginning and the end of a promotion, each once", () => {
    const [began, ended] = [promotion("p", "started", "1"), promotion("p", "promoted", "2")];
    expect(settleJournal([ended, began, ended])).toEqual([began, ended]);
  });

  test("is the same in whatever order the records are read, and settling it again changes nothing", () => {
    const record = fc
      .tuple(fc.constantFrom(trial, failure), fc.constantFrom("a", "b", "c"), fc.integer({ min: 0, max: 9 }))
      .map(([make, name, at]) => make(name, String(at)));
    const journal = fc.array(record, { maxLength: 12 });
    const shuffled = journal.chain((records) =>
      fc.tuple(fc.constant(records), fc.shuffledSubarray(records, { minLength: records.length })),
    );
    fc.assert(
      fc.property(shuffled, ([records, otherwise]) => {
        const settled = settleJournal(records);
        expect(settleJournal(otherwise)).toEqual(settled);
        expect(settleJournal(settled)).toEqual(settled);
      }),
    );
  });
});

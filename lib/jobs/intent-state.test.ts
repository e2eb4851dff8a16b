import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { IntentRecord } from "./intent-record.ts";
import { applyRecord, type IntentEntry, intentOf } from "./intent-state.ts";

const intent = "0123456789";
const accepted: IntentRecord = {
  kind: "accepted",
  intent,
  at: "2026-01-01T00:00:00.000Z",
  actor: "test",
  jobs: [{ queue: "refresh", id: `${intent}.refresh`, payload: {} }],
};
const ended = (round: number, state: "completed" | "failed" | "cancelled", second = 1): IntentRecord => ({
  kind: "ended",
  intent,
  at: `2026-01-01T00:00:0${second}.000Z`,
  round,
  state,
});
const reopened = (round: number): IntentRecord => ({
  kind: "reopened",
  intent,
  at: "2026-01-01T00:00:05.000Z",
  round,
});

function fold(records: readonly IntentRecord[]) {
  let entry: IntentEntry | undefined;
  for (const record of records) entry = applyRecord(entry, record);
  return intentOf(entry);
}

describe("one intent", () => {
  test("is open once it is accepted", () => {
    expect(fold([accepted])).toMatchObject({ round: 0, ended: undefined });
  });

  test("is unknown as long as only its end has been read", () => {
    expect(fold([ended(0, "completed")])).toBeUndefined();
  });

  test("is open again after it was reopened, and a late end of the run before changes nothing", () => {
    const open = fold([accepted, ended(0, "failed"), reopened(1), ended(0, "completed", 9)]);
    expect(open).toMatchObject({ round: 1, ended: undefined });
  });

  test("keeps the first of two ends of one run", () => {
    expect(fold([accepted, ended(0, "completed", 3), ended(0, "cancelled", 2)])?.ended?.state).toBe(
      "cancelled",
    );
  });

  test("means the same in whatever order and however often its records are read", () => {
    const records = [
      accepted,
      ended(0, "failed"),
      ended(0, "cancelled", 2),
      reopened(1),
      ended(1, "completed", 7),
    ];
    const expected = fold(records);
    const order = fc.shuffledSubarray([...records, ...records], { minLength: 2 * records.length });
    fc.assert(
      fc.property(order, (shuffled) => {
        expect(fold(shuffled)).toEqual(expected);
      }),
    );
  });
});

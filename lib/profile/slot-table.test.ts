import { describe, expect, test } from "vitest";
import { askForSlot, emptyTable, releaseLease, renewLease, type SlotTable, tableAt } from "./slot-table.ts";

const leaseMs = 1_000;

/** Asks at a moment of a table with one slot and gives both what came of it. */
function ask(table: SlotTable, wanted: { job: string; model: string; nowMs: number; slots?: number }) {
  const { slots = 1, ...rest } = wanted;
  return askForSlot(tableAt(table, rest.nowMs, slots), { ...rest, leaseMs });
}

describe("a table with one slot", () => {
  test("loads the first model, shares it among its jobs, and lets another model wait", () => {
    const first = ask(emptyTable(), { job: "1", model: "a", nowMs: 0 });
    expect(first.answer).toMatchObject({ granted: true, load: true, evicted: undefined });
    const second = ask(first.table, { job: "2", model: "a", nowMs: 1 });
    expect(second.answer).toMatchObject({ granted: true, load: false });
    expect(ask(second.table, { job: "3", model: "b", nowMs: 2 }).answer).toEqual({
      granted: false,
      ahead: 0,
    });
  });

  test("is free once the lease of a dead holder has run out, and fences grow also after the table was lost", () => {
    const first = ask(emptyTable(), { job: "1", model: "a", nowMs: 1_000 });
    const later = ask(first.table, { job: "2", model: "b", nowMs: 1_000 + leaseMs });
    expect(later.answer).toMatchObject({ granted: true, load: true, evicted: "a" });
    const anew = ask(emptyTable(), { job: "3", model: "c", nowMs: 5_000 });
    if (!first.answer.granted || !later.answer.granted || !anew.answer.granted)
      throw new Error("not granted");
    expect(later.answer.fence).toBeGreaterThan(first.answer.fence);
    expect(anew.answer.fence).toBeGreaterThan(later.answer.fence);
    const lost = tableAt(later.table, 1_500 + leaseMs, 1);
    expect(renewLease(lost, { job: "1", fence: first.answer.fence, untilMs: 9_000 })).toBeUndefined();
  });

  test("serves those who wait for the loaded model before it loads another, and counts the loads that this saves", () => {
    const held = ask(emptyTable(), { job: "0", model: "z", nowMs: 0 });
    if (!held.answer.granted) throw new Error("not granted");
    let table = held.table;
    const waiting = new Map(["a", "b", "a", "b", "a"].map((model, place) => [`${place + 1}`, model]));
    for (const [job, model] of waiting) table = ask(table, { job, model, nowMs: 1 }).table;
    table = releaseLease(table, held.answer.fence);
    const order: string[] = [];
    while (waiting.size > 0) {
      for (const [job, model] of waiting) {
        const { table: next, answer } = ask(table, { job, model, nowMs: 2 });
        table = next;
        if (!answer.granted) continue;
        table = releaseLease(table, answer.fence);
        order.push(job);
        waiting.delete(job);
      }
    }
    expect(order).toEqual(["1", "3", "5", "2", "4"]);
    expect({ swaps: table.swaps, firstComeSwaps: table.firstComeSwaps }).toEqual({
      swaps: 3,
      firstComeSwaps: 6,
    });
  });
});

test("two slots hold two models, and the one that nobody waits for leaves", () => {
  let table = emptyTable();
  for (const [job, model] of [
    ["1", "a"],
    ["2", "b"],
  ] as const) {
    const asked = ask(table, { job, model, nowMs: 1, slots: 2 });
    if (!asked.answer.granted) throw new Error("not granted");
    table = releaseLease(asked.table, asked.answer.fence);
  }
  const blocked = askForSlot(
    tableAt({ ...table, waiting: [{ job: "9", model: "a", sinceMs: 1, seenMs: 1, overtaken: 0 }] }, 2, 2),
    { job: "3", model: "c", nowMs: 2, leaseMs },
  );
  expect(blocked.answer).toMatchObject({ granted: true, load: true, evicted: "b" });
});

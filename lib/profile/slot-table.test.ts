import { describe, expect, test } from "vitest";
import {
  askForSlot,
  emptyTable,
  leaveLine,
  releaseLease,
  renewLease,
  type SlotTable,
  settleSlot,
  tableAt,
  vacateSlot,
} from "./slot-table.ts";

const leaseMs = 1_000;

/** Asks at a moment of a table with one slot and gives both what came of it. */
function ask(table: SlotTable, wanted: { job: string; model: string; nowMs: number; slots?: number }) {
  const { slots = 1, ...rest } = wanted;
  return askForSlot(tableAt(table, rest.nowMs, slots), { ...rest, leaseMs });
}

describe("a table with one slot", () => {
  test("loads the first model, shares it among its jobs, and lets another model wait", () => {
    const first = ask(emptyTable(), { job: "1", model: "a", nowMs: 0 });
    expect(first.answer).toMatchObject({ granted: true, load: true, evicted: [] });
    if (!first.answer.granted) throw new Error("not granted");
    const loaded = settleSlot(first.table, first.answer.fence);
    const second = ask(loaded, { job: "2", model: "a", nowMs: 1 });
    expect(second.answer).toMatchObject({ granted: true, load: false });
    expect(ask(second.table, { job: "3", model: "b", nowMs: 2 }).answer).toEqual({
      granted: false,
      ahead: 0,
    });
  });

  test("lets nobody in before what was there has left and the model is loaded, and leaves that to the next one where its loader failed", () => {
    const first = ask(emptyTable(), { job: "1", model: "a", nowMs: 0 });
    if (!first.answer.granted) throw new Error("not granted");
    const free = releaseLease(settleSlot(first.table, first.answer.fence), first.answer.fence);
    const loader = ask(free, { job: "2", model: "b", nowMs: 1 });
    expect(loader.answer).toMatchObject({ granted: true, load: true, evicted: ["a"] });
    const joiner = ask(loader.table, { job: "3", model: "b", nowMs: 2 });
    expect(joiner.answer).toMatchObject({ granted: false });
    if (!loader.answer.granted) throw new Error("not granted");
    const failed = releaseLease(joiner.table, loader.answer.fence);
    const heir = ask(failed, { job: "3", model: "b", nowMs: 3 });
    expect(heir.answer).toMatchObject({ granted: true, load: true, evicted: ["a"] });
    expect(heir.table.swaps).toBe(2);
    const other = ask(leaveLine(failed, "3"), { job: "4", model: "c", nowMs: 3 });
    expect(other.answer).toMatchObject({ granted: true, load: true, evicted: ["b", "a"] });
  });

  test("has the job load that asks first, also where an older one waits for the same model", () => {
    const held = ask(emptyTable(), { job: "0", model: "a", nowMs: 0 });
    if (!held.answer.granted) throw new Error("not granted");
    let table = settleSlot(held.table, held.answer.fence);
    for (const job of ["1", "2"]) table = ask(table, { job, model: "b", nowMs: 1 }).table;
    const younger = ask(releaseLease(table, held.answer.fence), { job: "2", model: "b", nowMs: 2 });
    expect(younger.answer).toMatchObject({ granted: true, load: true, evicted: ["a"] });
  });

  test("is kept from others while its model leaves, and gives up no model that somebody works with or waits for", () => {
    const first = ask(emptyTable(), { job: "1", model: "a", nowMs: 0 });
    if (!first.answer.granted) throw new Error("not granted");
    const wanted = { job: "9", model: "a", nowMs: 1, leaseMs };
    expect(vacateSlot(first.table, wanted)).toBeUndefined();
    const free = releaseLease(settleSlot(first.table, first.answer.fence), first.answer.fence);
    const vacated = vacateSlot(free, wanted);
    if (vacated === undefined) throw new Error("not vacated");
    expect(vacated.evicted).toEqual(["a"]);
    const waits = ask(vacated.table, { job: "2", model: "a", nowMs: 2 });
    expect(waits.answer).toMatchObject({ granted: false });
    const left = releaseLease(settleSlot(waits.table, vacated.fence), vacated.fence);
    expect(ask(left, { job: "2", model: "a", nowMs: 3 }).answer).toMatchObject({ load: true, evicted: [] });
    const waitedFor = ask(first.table, { job: "3", model: "a", nowMs: 1 }).table;
    expect(vacateSlot(releaseLease(waitedFor, first.answer.fence), wanted)).toBeUndefined();
  });

  test("is free once the lease of a dead holder has run out, and fences grow also after the table was lost", () => {
    const first = ask(emptyTable(), { job: "1", model: "a", nowMs: 1_000 });
    const later = ask(first.table, { job: "2", model: "b", nowMs: 1_000 + leaseMs });
    expect(later.answer).toMatchObject({ granted: true, load: true, evicted: ["a"] });
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
  expect(blocked.answer).toMatchObject({ granted: true, load: true, evicted: ["b"] });
});

import { expect, test } from "vitest";
import type { FileState } from "./scan-tree.ts";
import { type Looked, settleChanges, type Unsettled } from "./settle-changes.ts";

const file = (size: number, changedMs: number): FileState => ({ size, modifiedMs: changedMs, changedMs });
const nothing = new Map<string, Unsettled>();

function settle(looked: Looked, more: Partial<Parameters<typeof settleChanges>[0]> = {}) {
  return settleChanges({
    looked,
    known: () => undefined,
    waiting: nothing,
    elapsedMs: 0,
    nowMs: 10_000,
    ...more,
  });
}

test("a file is taken once it has stood still, by its own times or by ours", () => {
  expect(settle(new Map([["old", file(1, 9_000)]])).changed).toMatchObject([{ name: "old" }]);
  const young = settle(new Map([["new", file(1, 9_900)]]));
  expect(young.changed).toEqual([]);
  const grown = settle(new Map([["new", file(2, 9_900)]]), { waiting: young.waiting, elapsedMs: 499 });
  expect(grown.waiting.get("new")?.sinceMs).toBe(499);
  const later = settle(new Map([["new", file(2, 9_900)]]), { waiting: grown.waiting, elapsedMs: 999 });
  expect(later.changed).toMatchObject([{ name: "new" }]);
});

test("a file from the future of a clock that was set back is taken all the same", () => {
  const first = settle(new Map([["a", file(1, 99_000)]]));
  expect(
    settle(new Map([["a", file(1, 99_000)]]), { waiting: first.waiting, elapsedMs: 500 }).changed,
  ).toHaveLength(1);
});

test("what is as it was is passed over, and what has gone for good is removed", () => {
  const known = (name: string) => (name === "b" ? undefined : file(1, 5));
  const gone: Looked = new Map([
    ["a", file(1, 5)],
    ["b", undefined],
    ["c", undefined],
  ]);
  const first = settle(gone, { known });
  expect([...first.waiting.keys()]).toEqual(["c"]);
  const back = settle(new Map([["c", file(1, 5)]]), { known, waiting: first.waiting, elapsedMs: 900 });
  expect(back).toEqual({ changed: [], removed: [], waiting: nothing });
  expect(settle(gone, { known, waiting: first.waiting, elapsedMs: 900 }).removed).toEqual(["c"]);
});

test("an edit that keeps size and time is seen, but for files that were known by these alone", () => {
  const edited = { size: 1, modifiedMs: 5, changedMs: 8 };
  expect(settle(new Map([["a", edited]]), { known: () => file(1, 5) }).changed).toHaveLength(1);
  const old = { size: 1, modifiedMs: 5, changedMs: 0 };
  expect(settle(new Map([["a", edited]]), { known: () => old }).changed).toEqual([]);
});

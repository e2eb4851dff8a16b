import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { createSearchTurns } from "./search-turns.ts";

test("a lone search begins at once, others one in each turn of the loop and in their order", async () => {
  const turns = createSearchTurns();
  const begun: number[] = [];
  expect(turns.take()).toBeUndefined();
  const others = [1, 2, 3].map((place) => turns.take()?.then(() => begun.push(place)));
  const seen: number[] = [];
  for (let turn = 0; turn < 3; turn++) {
    await nextTurn();
    seen.push(begun.length);
  }
  await Promise.all(others);
  expect(begun).toEqual([1, 2, 3]);
  expect(Math.max(...seen.map((count, turn) => count - (seen[turn - 1] ?? 0)))).toBe(1);
  await nextTurn();
  expect(turns.take()).toBeUndefined();
});

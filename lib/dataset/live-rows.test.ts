import { describe, expect, test } from "vitest";
import { liveCount, liveRowIdAt, liveRowIds } from "./live-rows.ts";

const files = [
  { firstRowId: 5, rowCount: 4 },
  { firstRowId: 20, rowCount: 3 },
];
const dead = Float64Array.from([5, 7, 8, 21]);

describe("live rows", () => {
  test("are the files' rows without the dead ones, ascending", () => {
    expect([...liveRowIds(files, dead)]).toEqual([6, 20, 22]);
  });

  test("are counted file by file", () => {
    expect(files.map((file) => liveCount(file, dead))).toEqual([1, 2]);
  });

  test("are found by their rank", () => {
    expect([0, 1, 2, 3].map((rank) => liveRowIdAt(files, dead, rank))).toEqual([6, 20, 22, undefined]);
  });

  test("are all rows where none is dead", () => {
    const none = new Float64Array(0);
    expect([...liveRowIds(files, none)]).toEqual([5, 6, 7, 8, 20, 21, 22]);
    expect(liveRowIdAt(files, none, 4)).toBe(20);
  });
});

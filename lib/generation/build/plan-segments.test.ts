import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { diffRows } from "./diff-rows.ts";
import { type PlannedSegment, planSegments } from "./plan-segments.ts";
import { groupShards } from "./shard-rows.ts";

const base = (chunkCount: number, deadCount = 0): PlannedSegment => ({
  chunkCount,
  deadCount,
  appended: false,
});
const small = (chunkCount: number, deadCount = 0) => ({ ...base(chunkCount, deadCount), appended: true });

describe("the plan of a generation", () => {
  test("shares what is there and adds a segment while little is appended and little is dead", () => {
    const segments = [base(1_000, 40), small(50)];
    expect(planSegments(segments, 100)).toEqual({ kind: "append", kept: segments, folded: [] });
  });

  test("folds the small segments into the new one when there are too many, and leaves the large ones", () => {
    const many = Array.from({ length: 8 }, () => small(10));
    const plan = planSegments([base(1_000), ...many], 10);
    expect(plan).toEqual({ kind: "append", kept: [base(1_000)], folded: many });
    // Nothing is written where rows only leave, so nothing is folded either.
    expect(planSegments([base(1_000), ...many], 0)).toMatchObject({ folded: [] });
  });

  test.each([
    ["a fifth would be appended", [base(1_000), small(150)], 120],
    ["a tenth is dead", [base(1_000, 120)], 1],
    ["nothing of the large segments is left", [base(10, 10), small(10)], 1],
    ["the parent was empty", [base(0)], 5],
  ])("builds everything anew where %s", (_why, segments, added) => {
    expect(planSegments(segments, added)).toMatchObject({ kind: "full" });
  });

  test("drops a segment whose chunks are all dead", () => {
    const plan = planSegments([base(1_000), small(5, 5)], 1);
    expect(plan).toMatchObject({ kind: "append", kept: [base(1_000)] });
  });
});

test("the difference of two sets of rows takes one to the other", () => {
  const rowIds = fc
    .uniqueArray(fc.integer({ min: 0, max: 60 }), { maxLength: 50 })
    .map((ids) => Float64Array.from(ids).sort());
  fc.assert(
    fc.property(rowIds, rowIds, (before, now) => {
      const ranges: number[] = [];
      for (const rowId of before) {
        if (ranges.at(-1) === rowId - 1) ranges[ranges.length - 1] = rowId;
        else ranges.push(rowId, rowId);
      }
      const { added, removed } = diffRows(Float64Array.from(ranges), now);
      expect([...added]).toEqual([...now].filter((rowId) => !before.includes(rowId)));
      expect([...removed]).toEqual([...before].filter((rowId) => !now.includes(rowId)));
    }),
  );
});

test("the most frequent values get shards of their own; rare ones and null share the last", () => {
  const run = (first: number, count: number) => Array.from({ length: count }, (_, row) => first + row);
  const shards = groupShards(
    new Map([
      ["rare", run(0, 10)],
      ["a", run(100, 1_500)],
      [null, run(5_000, 2_000)],
      ["b", run(10_000, 3_000)],
    ]),
  );
  expect(shards.map(({ shard, rowIds }) => [shard, rowIds.length])).toEqual([
    ["b", 3_000],
    ["a", 1_500],
    [null, 2_010],
  ]);
  expect(shards.at(-1)?.rowIds.subarray(9, 11)).toEqual(Float64Array.of(9, 5_000));
  const many = new Map(Array.from({ length: 40 }, (_, value) => [`v${value}`, run(value * 10_000, 1_000)]));
  expect(groupShards(many)).toHaveLength(16);
  expect(groupShards(new Map())).toEqual([{ shard: null, rowIds: new Float64Array() }]);
});

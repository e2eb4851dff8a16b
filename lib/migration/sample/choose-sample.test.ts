import { expect, test } from "vitest";
import { chooseSample } from "./choose-sample.ts";

function corpus(sizes: readonly number[]) {
  let next = 0;
  const strata = sizes.map((size) => Array.from({ length: size }, () => next++));
  return { addresses: Array.from({ length: next }, () => 0n), strata, wanted: [] as number[] };
}

test("each stratum is sampled by its size, the smallest too, and the same seed chooses the same", () => {
  const chunks = corpus([40_000, 9_990, 10]);
  const chosen = chooseSample(chunks, { share: 0.02, seed: 5 });
  expect(chosen).toEqual(chooseSample(chunks, { share: 0.02, seed: 5 }));
  expect(chosen).not.toEqual(chooseSample(chunks, { share: 0.02, seed: 6 }));
  const positions = chosen.groups.flat();
  expect(new Set(positions).size).toBe(1_000);
  const counts = chunks.strata.map(
    (stratum) => positions.filter((position) => stratum.includes(position)).length,
  );
  expect(counts[0]).toBeGreaterThanOrEqual(799);
  expect(counts[1]).toBeGreaterThanOrEqual(198);
  expect(counts[2]).toBe(1);
  const large = chooseSample(chunks, { share: 0.02, seed: 5, groupSize: 128 });
  expect(large.groups.map((group) => group.length)).toEqual([143, 143, 143, 143, 143, 143, 142]);
  expect(large.groups.flat().sort()).toEqual(positions.sort());
});

test("a small index is sampled whole, in groups of about one size, with what judged queries look for", () => {
  const { groups } = chooseSample({ ...corpus([100]), wanted: [3, 4] }, { share: 0.01, seed: 1 });
  expect(groups.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, position) => position));
  expect(groups.map((group) => group.length).sort()).toEqual([12, 12, 12, 12, 13, 13, 13, 13]);
});

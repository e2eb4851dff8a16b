import { sampleOrdinals } from "../../evaluation/sample-strata.ts";
import { createRandom } from "../../generation/format/seeded-random.ts";
import type { Candidates } from "./read-candidates.ts";

/** Fewer chunks tell nothing of a model's quality or pace; in a small index they are all of it. */
const chunksMin = 200;
/** At a tenth of a cent for a thousand chunks and a hundred chunks a second: a minute, and less than a cent. */
const chunksMax = 5_000;
/** What judged queries may add, so that they have something to find. */
const wantedMax = 2_000;
/** With fewer, an interval from their differences would be as wide as the figures. */
const groupsMax = 8;
const groupSizeMin = 8;

export interface ChosenSample {
  /** Positions among the candidates, each once, in groups that were drawn alike. */
  groups: number[][];
  strata: number;
}

/**
 * Chooses a share of the chunks by a seed: of each value of the first metadata column as many as it has of all chunks,
 * at least one as far as they go, and evenly spread over its rows; with what judged queries look for.
 */
export function chooseSample(
  { addresses, strata, wanted }: Pick<Candidates, "addresses" | "strata" | "wanted">,
  { share, seed }: { share: number; seed: number },
): ChosenSample {
  const count = Math.min(chunksMax, Math.max(chunksMin, Math.ceil(share * addresses.length)));
  const spread = sampleOrdinals({ groups: strata, count, seed });
  const random = createRandom(seed);
  const positions = [...new Set([...spread, ...shuffled(wanted, random).slice(0, wantedMax)])];
  const mixed = shuffled(positions, random);
  const groupCount = Math.max(1, Math.min(groupsMax, Math.floor(mixed.length / groupSizeMin)));
  const groups = Array.from({ length: groupCount }, (_, group) =>
    mixed.filter((_position, place) => place % groupCount === group),
  );
  return { groups: groups.filter((group) => group.length > 0), strata: strata.length };
}

export function shuffled<Value>(values: readonly Value[], random: () => number): Value[] {
  const mixed = [...values];
  for (let last = mixed.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [mixed[last], mixed[other]] = [mixed[other]!, mixed[last]!];
  }
  return mixed;
}

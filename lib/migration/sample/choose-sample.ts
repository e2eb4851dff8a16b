import { sampleOrdinals } from "../../evaluation/sample-strata.ts";
import { createRandom, shuffled } from "../../generation/format/seeded-random.ts";
import type { Candidates } from "./read-candidates.ts";

/** Fewer chunks tell nothing of a model's quality or pace; in a small index they are all of it. */
const chunksMin = 512;
/** At a tenth of a cent for a thousand chunks and a hundred chunks a second: a minute, and less than a cent. */
const chunksMax = 5_000;
/** What judged queries may add, so that they have something to find. */
const wantedMax = 2_000;
/** More would narrow an interval by little. */
const groupsMax = 8;
/** Of one nothing could be told of how much the rest may differ. */
const groupsMin = 2;
const groupSizeMin = 8;

interface SampleSettings {
  share: number;
  seed: number;
  /** Texts that the provider has in hand at a time: a smaller group would be embedded at another pace than the whole. */
  groupSize?: number | undefined;
}

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
  { share, seed, groupSize = groupSizeMin }: SampleSettings,
): ChosenSample {
  const count = Math.min(chunksMax, Math.max(chunksMin, Math.ceil(share * addresses.length)));
  const spread = sampleOrdinals({ groups: strata, count, seed });
  const random = createRandom(seed);
  const positions = [...new Set([...spread, ...shuffled(wanted, random).slice(0, wantedMax)])];
  const mixed = shuffled(positions, random);
  const groupCount = Math.min(groupsMax, Math.max(groupsMin, Math.floor(mixed.length / groupSize)));
  const groups = Array.from({ length: groupCount }, (_, group) =>
    mixed.filter((_position, place) => place % groupCount === group),
  );
  return { groups: groups.filter((group) => group.length > 0), strata: strata.length };
}

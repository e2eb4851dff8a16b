import { createRandom } from "../generation/format/seeded-random.ts";

/** One place from each of `count` equal stretches of `length` places, ascending; all of them where there are fewer. */
export function sampleStretches(length: number, count: number, random: () => number): number[] {
  const taken = Math.min(length, count);
  return Array.from({ length: taken }, (_, stretch) => {
    const first = Math.floor((stretch * length) / taken);
    const next = Math.floor(((stretch + 1) * length) / taken);
    return first + Math.floor(random() * (next - first));
  });
}

/**
 * Spreads `count` places over groups by their sizes: every group gets one as long as there are enough, larger ones
 * first, the rest goes by size. Never more than a group holds.
 */
export function shareOut(sizes: readonly number[], count: number): number[] {
  const shares = sizes.map(() => 0);
  const bySize = [...sizes.keys()].sort((left, right) => sizes[right]! - sizes[left]! || left - right);
  let left = Math.min(
    count,
    sizes.reduce((sum, size) => sum + size, 0),
  );
  for (const group of bySize.slice(0, left)) {
    if (sizes[group]! === 0) continue;
    shares[group] = 1;
    left -= 1;
  }
  // Each goes where the share lags furthest behind the size; `count` is small enough for one by one.
  for (; left > 0; left -= 1) {
    const open = bySize.filter((group) => shares[group]! < sizes[group]!);
    const [first = 0] = open;
    const lag = (group: number) => sizes[group]! / (shares[group]! + 1);
    const next = open.reduce((best, group) => (lag(group) > lag(best) ? group : best), first);
    shares[next]! += 1;
  }
  return shares;
}

/** Ordinals spread evenly over the whole range, or over each group of them; ascending, and the same for one seed. */
export function sampleOrdinals(options: {
  /** The ordinals of each group, ascending. */
  groups: readonly (readonly number[])[];
  count: number;
  seed: number;
}): number[] {
  const { groups, count, seed } = options;
  const random = createRandom(seed);
  const shares = shareOut(
    groups.map((group) => group.length),
    count,
  );
  return groups
    .flatMap((group, place) =>
      sampleStretches(group.length, shares[place]!, random).map((position) => group[position]!),
    )
    .sort((left, right) => left - right);
}

// Microseconds at 100,000 × 768: reading and comparing a row takes 1.4 to 1.6, exploring a candidate in an i8 graph 5.
const exactCost = 1.5;
const candidateCost = 5;
// The rows that survive a filter scatter; a fifth more candidates than the mean makes a second search rare.
const margin = 1.2;

// Exact comparison of this few rows takes under 2 ms and cannot miss.
const alwaysExact = 500;

/** Explored candidates in one graph search: about 20 to 40 ms on the calling thread. */
export const candidatesMax = 4096;

/**
 * How to answer a filtered search that needs `need` surviving candidates: compare all allowed rows where that is cheaper
 * than exploring enough of the graph, otherwise explore so many that `need` of them should pass.
 */
export function planFilteredSearch(options: {
  vectorCount: number;
  matchCount: number;
  need: number;
  effort: number;
}): { exact: true } | { exact: false; wanted: number } {
  const { vectorCount, matchCount, need, effort } = options;
  const wanted = Math.max(effort, Math.ceil((need * margin * vectorCount) / Math.max(1, matchCount)));
  const cheaperExact = matchCount * exactCost <= wanted * candidateCost;
  if (matchCount <= alwaysExact || cheaperExact || wanted > candidatesMax) return { exact: true };
  return { exact: false, wanted: Math.min(wanted, vectorCount) };
}

/**
 * The fewest loads on one place that could serve rounds of jobs, each round in any order and after the one before:
 * `rounds` holds the models that each one wants. What is loaded last in a round is there when the next one begins.
 */
export function fewestRoundSwaps(rounds: readonly ReadonlySet<string>[]): number {
  let costs = new Map<string, number>([["", 0]]);
  for (const wanted of rounds) {
    const next = new Map<string, number>();
    for (const [loaded, cost] of costs) {
      for (const last of wanted) {
        const total = cost + roundSwaps(wanted, loaded, last);
        next.set(last, Math.min(total, next.get(last) ?? Infinity));
      }
    }
    if (next.size > 0) costs = next;
  }
  return Math.min(...costs.values());
}

/** Each model that is not there is loaded once; the one that is there once more where others come before it. */
function roundSwaps(wanted: ReadonlySet<string>, loaded: string, last: string): number {
  if (!wanted.has(loaded)) return wanted.size;
  return last === loaded && wanted.size > 1 ? wanted.size : wanted.size - 1;
}

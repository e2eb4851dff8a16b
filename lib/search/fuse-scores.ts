/** A ranking by one measure, best first: positions in the generation with their scores. */
export interface Ranking {
  ordinals: Uint32Array;
  scores: Float32Array;
}

export interface FusionRule {
  method: "weighted" | "rrf";
  /** 0: vectors alone decide; 1: words alone. */
  lexicalWeight: number;
}

/** Cormack, Clarke and Büttcher (SIGIR 2009) found 60 good over a wide range; it damps the top ranks. */
const rrfConstant = 60;

/**
 * Joins a vector and a lexical ranking into one, best first, ties by ordinal.
 *
 * `weighted`: the convex sum of both scores, each scaled to 0…1 between the least and the best of its own list; what a
 * list lacks counts 0. `rrf`: the sum of weight / (60 + rank), rank from 1, with weights `1 - lexicalWeight` and
 * `lexicalWeight` doubled, so that 0.5 is the plain formula.
 */
export function fuseScores(vector: Ranking, lexical: Ranking, rule: FusionRule): Ranking {
  const fused = new Map<number, number>();
  const add = (ranking: Ranking, weight: number) => {
    const share = rule.method === "weighted" ? scaledScores(ranking) : reciprocalRanks(ranking);
    ranking.ordinals.forEach((ordinal, position) => {
      fused.set(ordinal, (fused.get(ordinal) ?? 0) + weight * (share[position] ?? 0));
    });
  };
  const scale = rule.method === "weighted" ? 1 : 2;
  add(vector, scale * (1 - rule.lexicalWeight));
  add(lexical, scale * rule.lexicalWeight);
  const order = [...fused].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  return {
    ordinals: Uint32Array.from(order, ([ordinal]) => ordinal),
    scores: Float32Array.from(order, ([, score]) => score),
  };
}

/** Min-max over the list. A list whose scores are all equal has no order of its own, so all of it counts as best. */
function scaledScores({ scores }: Ranking): Float64Array {
  let least = Number.POSITIVE_INFINITY;
  let best = Number.NEGATIVE_INFINITY;
  for (const score of scores) {
    least = Math.min(least, score);
    best = Math.max(best, score);
  }
  const span = best - least;
  return Float64Array.from(scores, (score) => (span > 0 ? (score - least) / span : 1));
}

function reciprocalRanks({ scores }: Ranking): Float64Array {
  return Float64Array.from(scores, (_, position) => 1 / (rrfConstant + position + 1));
}

/** What a search reached of the hits it should have reached, for one query. */
export interface QueryRecall {
  reached: number;
  wanted: number;
}

export interface RecallInterval {
  recall: number;
  low: number;
  high: number;
}

/** The normal distribution's 97.5 % quantile: 95 % lie within this many standard errors. */
const z95 = 1.959964;

/**
 * The share of wanted hits that were reached over all queries, with its 95 % interval.
 *
 * The hits of one query fall or stand together, so queries are the sample and not hits: Wilson's score interval (Wilson,
 * JASA 1927) at the effective sample size of a cluster sample (Kish, Survey Sampling, 1965; Korn and Graubard, Survey
 * Methodology 1998, who also bound it by the number of hits), which Franco et al. (J. Survey Statistics and
 * Methodology 2019) found to keep its promise best near 0 and 1. Without any variance the hits count one by one.
 * With nothing wanted, recall is 1 and nothing is known: 0 to 1.
 */
export function recallInterval(perQuery: readonly QueryRecall[]): RecallInterval {
  const queries = perQuery.filter(({ wanted }) => wanted > 0);
  const wanted = queries.reduce((sum, query) => sum + query.wanted, 0);
  if (wanted === 0) return { recall: 1, low: 0, high: 1 };
  const reached = queries.reduce((sum, query) => sum + Math.min(query.reached, query.wanted), 0);
  const recall = reached / wanted;
  const size = effectiveSize(queries, recall, wanted);
  const centre = (recall + z95 ** 2 / (2 * size)) / (1 + z95 ** 2 / size);
  const spread =
    (z95 / (1 + z95 ** 2 / size)) * Math.sqrt((recall * (1 - recall)) / size + z95 ** 2 / (4 * size ** 2));
  // Rounding alone could put an end of the interval beyond what it encloses.
  return {
    recall,
    low: Math.max(0, Math.min(recall, centre - spread)),
    high: Math.min(1, Math.max(recall, centre + spread)),
  };
}

/** How many independent hits would be as good a sample, between one and as many as there are. */
function effectiveSize(queries: readonly QueryRecall[], recall: number, wanted: number): number {
  const count = queries.length;
  if (count === 1) return 1;
  const squares = queries.reduce(
    (sum, query) => sum + (Math.min(query.reached, query.wanted) - recall * query.wanted) ** 2,
    0,
  );
  // The variance of a ratio of two sums over clusters, linearised.
  const variance = ((count / (count - 1)) * squares) / wanted ** 2;
  if (variance === 0) return wanted;
  return Math.min(wanted, Math.max(1, (recall * (1 - recall)) / variance));
}

/** 1 where a relevant document is among the first `k`, else 0. */
export function hitAt(ranking: readonly string[], relevant: ReadonlySet<string>, k: number): number {
  return ranking.slice(0, k).some((document) => relevant.has(document)) ? 1 : 0;
}

/** One over the rank of the first relevant document; 0 where none was found. */
export function reciprocalRank(ranking: readonly string[], relevant: ReadonlySet<string>): number {
  const position = ranking.findIndex((document) => relevant.has(document));
  return position === -1 ? 0 : 1 / (position + 1);
}

/** Precision at each relevant document's rank, averaged over all relevant documents; one that is not found counts 0. */
export function averagePrecision(ranking: readonly string[], relevant: ReadonlySet<string>): number {
  if (relevant.size === 0) return 0;
  let found = 0;
  let sum = 0;
  [...new Set(ranking)].forEach((document, position) => {
    if (!relevant.has(document)) return;
    found += 1;
    sum += found / (position + 1);
  });
  return sum / relevant.size;
}

/** The share of relevant documents among the first `k`; a shorter ranking is judged as if filled with misses. */
export function precisionAt(ranking: readonly string[], relevant: ReadonlySet<string>, k: number): number {
  return new Set(ranking.slice(0, k)).intersection(relevant).size / k;
}

/** 0 of nothing. */
export function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Mean of each query's reciprocal rank. */
export function meanReciprocalRank(
  judged: readonly { ranking: readonly string[]; relevant: ReadonlySet<string> }[],
): number {
  return mean(judged.map(({ ranking, relevant }) => reciprocalRank(ranking, relevant)));
}

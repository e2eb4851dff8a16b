import { mean } from "./metrics.ts";

/** One weight with what each query scored by it, the queries always in the same order. */
export interface WeightScores {
  lexicalWeight: number;
  scores: readonly number[];
}

export interface FusionChoice {
  lexicalWeight: number;
  kept: "measured" | "default";
  /** The mean score of weights that were chosen without the queries they are scored by, and of the default. */
  crossValidated: number;
  defaultScore: number;
  why: string;
}

/** Fewer queries cannot tell weights apart: one of them alone would move the mean by several hundredths. */
const queriesMin = 20;
const foldCount = 5;
/** One-sided 95 %: a better weight that is only better by chance is taken once in twenty times. */
const z95 = 1.645;

/**
 * The best weight, or the default where the queries do not prove better: there are too few of them, the gain lies
 * within its own 95 % interval over the queries, or it does not hold for queries that had no part in the choice.
 */
export function chooseFusionWeight(curve: readonly WeightScores[], defaultWeight: number): FusionChoice {
  const standard = curve.find(({ lexicalWeight }) => lexicalWeight === defaultWeight);
  if (standard === undefined) throw new Error("the default weight was not measured");
  const queryCount = standard.scores.length;
  const places = Array.from({ length: queryCount }, (_, place) => place);
  const best = bestOf(curve, places, standard);
  const crossValidated = mean(crossValidate(curve, standard));
  const defaultScore = mean(standard.scores);
  const facts = { crossValidated, defaultScore };
  const keep = (why: string): FusionChoice => {
    return { lexicalWeight: defaultWeight, kept: "default", ...facts, why };
  };
  if (queryCount < queriesMin) return keep(`${queryCount} queries are too few; it takes ${queriesMin}.`);
  if (best === standard) return keep("No other weight ranks better.");
  const gains = best.scores.map((score, place) => score - standard.scores[place]!);
  const { gain, margin } = gainOf(gains);
  const figures = `${best.lexicalWeight} gains ${gain.toFixed(4)} ± ${margin.toFixed(4)} over ${queryCount} queries`;
  if (gain <= margin) return keep(`${figures}, which may be chance.`);
  if (crossValidated <= defaultScore) {
    return keep(`${figures}, but what is chosen on some queries does not rank the others better.`);
  }
  const why = `${figures}; chosen without the queries that judge, ${crossValidated.toFixed(4)} to ${defaultScore.toFixed(4)}.`;
  return { lexicalWeight: best.lexicalWeight, kept: "measured", ...facts, why };
}

/** The best over these queries; among equals the nearest to the default. */
function bestOf(
  curve: readonly WeightScores[],
  places: readonly number[],
  standard: WeightScores,
): WeightScores {
  const distance = ({ lexicalWeight }: WeightScores) => Math.abs(lexicalWeight - standard.lexicalWeight);
  const total = ({ scores }: WeightScores) => places.reduce((sum, place) => sum + scores[place]!, 0);
  return curve
    .map((one) => ({ one, total: total(one) }))
    .reduce((best, other) =>
      other.total > best.total || (other.total === best.total && distance(other.one) < distance(best.one))
        ? other
        : best,
    ).one;
}

/** What each query scores by the weight that the other folds choose. */
function crossValidate(curve: readonly WeightScores[], standard: WeightScores): number[] {
  const folds = Math.min(foldCount, standard.scores.length);
  return standard.scores.map((_, place) => {
    const others = [...standard.scores.keys()].filter((other) => other % folds !== place % folds);
    return bestOf(curve, others, standard).scores[place]!;
  });
}

function gainOf(gains: readonly number[]): { gain: number; margin: number } {
  const gain = mean(gains);
  const squares = gains.reduce((sum, one) => sum + (one - gain) ** 2, 0);
  const standardError = Math.sqrt(squares / (gains.length - 1) / gains.length);
  return { gain, margin: z95 * standardError };
}

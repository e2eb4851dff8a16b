/** What the process believes of one place. */
export interface Belief {
  mean: number;
  deviation: number;
}

export interface GaussianProcess {
  at(features: readonly number[]): Belief;
}

/** Repeated measurements differ by a twentieth of what configurations differ by. */
const noiseVariance = 0.0025;
/** Beside the smooth part a straight one, so that a trend goes on where nothing was measured. */
const trendWeight = 1;
const lengthScales = [0.4, 0.8, 1.6];

/**
 * Gaussian process regression with a Matérn 5/2 and a linear kernel (Rasmussen & Williams, Gaussian Processes for
 * Machine Learning, 2006, algorithm 2.1). Of three length scales the one with the greatest likelihood is taken.
 */
export function fitGaussianProcess(
  features: readonly (readonly number[])[],
  values: readonly number[],
): GaussianProcess {
  const mean = values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  const spread = Math.sqrt(
    values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length),
  );
  const scale = spread > 1e-9 ? spread : 1;
  const targets = values.map((value) => (value - mean) / scale);
  const fits = lengthScales.map((length) => condition(features, targets, length));
  const chosen = fits.reduce((left, right) => (right.likelihood > left.likelihood ? right : left));
  return {
    at(place) {
      const { mean: centre, deviation } = chosen.predict(place);
      return { mean: mean + scale * centre, deviation: scale * deviation };
    },
  };
}

function condition(features: readonly (readonly number[])[], targets: readonly number[], length: number) {
  const count = features.length;
  const matrix = features.map((left, row) =>
    features.slice(0, row + 1).map((right, column) => {
      return kernel(left, right, length) + (row === column ? noiseVariance : 0);
    }),
  );
  const lower = cholesky(matrix);
  const weights = solveUpper(lower, solveLower(lower, targets));
  const fitted = targets.reduce((sum, target, row) => sum + target * weights[row]!, 0);
  const logDeterminant = lower.reduce((sum, row, place) => sum + Math.log(row[place]!), 0);
  return {
    likelihood: -0.5 * fitted - logDeterminant - (count / 2) * Math.log(2 * Math.PI),
    predict(place: readonly number[]): Belief {
      const covariances = features.map((known) => kernel(known, place, length));
      const mean = covariances.reduce((sum, covariance, row) => sum + covariance * weights[row]!, 0);
      const explained = solveLower(lower, covariances).reduce((sum, part) => sum + part * part, 0);
      return { mean, deviation: Math.sqrt(Math.max(1e-9, kernel(place, place, length) - explained)) };
    },
  };
}

function kernel(left: readonly number[], right: readonly number[], length: number): number {
  let square = 0;
  let product = 1;
  for (let index = 0; index < left.length; index++) {
    square += (left[index]! - right[index]!) ** 2;
    product += left[index]! * right[index]!;
  }
  const distance = Math.sqrt(5 * square) / length;
  return (1 + distance + distance ** 2 / 3) * Math.exp(-distance) + trendWeight * product;
}

/** The lower triangle L with L·Lᵀ = the matrix; the noise on its diagonal keeps it positive definite. */
function cholesky(matrix: readonly (readonly number[])[]): number[][] {
  const lower: number[][] = [];
  for (const [row, values] of matrix.entries()) {
    const line: number[] = [];
    for (let column = 0; column <= row; column++) {
      let sum = values[column]!;
      const other = column === row ? line : lower[column]!;
      for (let inner = 0; inner < column; inner++) sum -= line[inner]! * other[inner]!;
      line.push(column === row ? Math.sqrt(Math.max(1e-9, sum)) : sum / other[column]!);
    }
    lower.push(line);
  }
  return lower;
}

function solveLower(lower: readonly (readonly number[])[], right: readonly number[]): number[] {
  const solution: number[] = [];
  for (const [row, line] of lower.entries()) {
    let sum = right[row]!;
    for (let column = 0; column < row; column++) sum -= line[column]! * solution[column]!;
    solution.push(sum / line[row]!);
  }
  return solution;
}

function solveUpper(lower: readonly (readonly number[])[], right: readonly number[]): number[] {
  const solution = [...right];
  for (let row = lower.length - 1; row >= 0; row--) {
    for (let later = row + 1; later < lower.length; later++)
      solution[row]! -= lower[later]![row]! * solution[later]!;
    solution[row]! /= lower[row]![row]!;
  }
  return solution;
}

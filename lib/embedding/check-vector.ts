/** How far the length of a vector of 32-bit floats may be from 1; rounding alone stays below a thousandth of this. */
export const unitTolerance = 1e-3;

/** Why a vector must not be stored, or undefined where it is good. */
export function vectorFault(vector: Float32Array): "not_finite" | "zero" | "not_unit" | undefined {
  let square = 0;
  for (let index = 0; index < vector.length; index += 1) square += vector[index]! * vector[index]!;
  if (!Number.isFinite(square)) return "not_finite";
  if (square === 0) return "zero";
  return Math.abs(Math.sqrt(square) - 1) > unitTolerance ? "not_unit" : undefined;
}

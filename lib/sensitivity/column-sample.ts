/** Some values of one column as text, and how many rows were looked at for them. */
export interface ColumnSample {
  name: string;
  values: readonly string[];
}

/** What people write where they have nothing to write. */
const placeholders = new Set([
  "",
  "-",
  "--",
  ".",
  "?",
  "0",
  "n/a",
  "na",
  "nil",
  "none",
  "null",
  "nan",
  "tbd",
  "unknown",
  "undefined",
  "not available",
  "not provided",
]);

/** Longer texts are judged by their beginning. */
const valueLengthMax = 500;

/** The values that say something, without the spaces and dashes that only look like ordinary ones. */
export function meaningfulValues(values: readonly string[]): string[] {
  return values
    .map((value) =>
      value
        .slice(0, valueLengthMax)
        .replace(/[\u2010-\u2015\u2212]/g, "-")
        .replace(/[\u200B-\u200D\uFEFF]/g, "")
        .replace(/[\s\u00A0]+/g, " ")
        .trim(),
    )
    .filter((value) => !placeholders.has(value.toLowerCase()));
}

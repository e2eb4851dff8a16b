/** Types that a CSV column can take. A wider one never loses what a narrower one holds; `varchar` holds everything. */
export type CsvType = "boolean" | "bigint" | "double" | "date" | "timestamp" | "varchar";

/** In the order in which they are tried. */
export const narrowTypes = ["boolean", "bigint", "double", "date", "timestamp"] as const;

const day = "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])";

/** Patterns in the common ground of JavaScript's and DuckDB's regular expressions. */
export const patterns = {
  boolean: "[Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]",
  // No leading zero, no plus sign, no minus zero: what does not print as it was written stays text.
  bigint: "0|-?[1-9][0-9]{0,18}",
  // An exponent counts only after a decimal point: 1E5 may be an article number.
  double: "-?(0|[1-9][0-9]*)([.][0-9]+([eE][+-]?[0-9]{1,2})?)?",
  date: day,
  timestamp: `${day}[ T]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,6})?`,
} as const;

/** Doubles keep 15 significant decimal digits, whatever they are. */
export const doubleDigitsMax = 15;

const compiled = narrowTypes.map((type) => ({ type, pattern: new RegExp(`^(?:${patterns[type]})$`) }));

/** The narrow types that one value may be of. Only a guess where ranges matter: the engine checks every value. */
export function possibleTypes(value: string): Set<CsvType> {
  const types = new Set<CsvType>();
  for (const { type, pattern } of compiled) if (pattern.test(value)) types.add(type);
  if (value.replace(/[.-]/g, "").length > doubleDigitsMax) types.delete("double");
  return types;
}

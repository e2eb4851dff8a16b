import { sqlIdentifier, sqlLiteral } from "../../dataset/sql-quote.ts";
import { type CsvType, doubleDigitsMax, patterns } from "./value-type.ts";

/**
 * The text columns of `source` as their types; a value that does not fit, the quoted empty text included, ends the
 * query. Each value is cast once: the engine would repeat a cast for each place that names it.
 */
export function typedSelectSql(columns: readonly { name: string; type: CsvType }[], source: string): string {
  const read = columns.map(({ name, type }, place) => readSql(name, type, place)).join(", ");
  const typed = columns.map(({ name, type }, place) => {
    const value = type === "varchar" ? textAt(place) : checkedSql(type, place);
    return `${value} AS ${sqlIdentifier(name)}`;
  });
  return `SELECT ${typed.join(", ")} FROM (SELECT ${read} FROM ${source})`;
}

/** How many rows `source` has and, for each check, whether every value of the column fits the type: null for no rows. */
export function fittingSelectSql(checks: readonly { name: string; type: CsvType }[], source: string): string {
  const read = checks.map(({ name, type }, place) => readSql(name, type, place)).join(", ");
  const verdicts = checks.map(({ type }, place) => {
    const tests = fitTests(type, textAt(place), castAt(place)).map((test) => `WHEN ${test} THEN true`);
    return `bool_and(CASE ${tests.join(" ")} ELSE ${textAt(place)} IS NULL END)`;
  });
  return `SELECT count(*), ${verdicts.join(", ")} FROM (SELECT ${read} FROM ${source})`;
}

// Names of our own: a file's columns may be called anything.
const textAt = (place: number) => `text${place}`;
const castAt = (place: number) => `cast${place}`;

function readSql(name: string, type: CsvType, place: number): string {
  const text = `${sqlIdentifier(name)} AS ${textAt(place)}`;
  if (type === "varchar") return text;
  return `${text}, TRY_CAST(${sqlIdentifier(name)} AS ${type.toUpperCase()}) AS ${castAt(place)}`;
}

function checkedSql(type: CsvType, place: number): string {
  const [text, cast] = [textAt(place), castAt(place)];
  const tests = fitTests(type, text, cast).map((test) => `WHEN ${test} THEN ${cast}`);
  return `CASE ${tests.join(" ")} WHEN ${text} IS NULL THEN NULL ELSE error('a value does not fit its column') END`;
}

/**
 * Conditions of which one must hold, the usual and quick one first: a CASE tries the next one only on what is left,
 * where an OR would try all of them on every value.
 */
function fitTests(type: CsvType, text: string, cast: string): string[] {
  const isWritten = (name: keyof typeof patterns) =>
    `regexp_full_match(${text}, ${sqlLiteral(patterns[name])})`;
  // Printing the value again is quicker than a pattern and refuses what does not read back the same.
  const printsAlike = `${cast}::VARCHAR = ${text}`;
  const isRead = `${cast} IS NOT NULL`;
  switch (type) {
    case "varchar":
      return ["true"];
    case "boolean":
      return [`${text} IN ('true', 'false')`, isWritten("boolean")];
    case "bigint":
      return [printsAlike];
    case "date":
      return [`strlen(${text}) = 10 AND ${printsAlike}`];
    // Years past 9999 print with as many digits, so the length counts.
    case "timestamp":
      return [`strlen(${text}) = 19 AND ${printsAlike}`, `${isRead} AND ${isWritten("timestamp")}`];
    case "double": {
      const marks = `(contains(${text}, '.'))::INTEGER + (${text}[1] = '-')::INTEGER`;
      return ["0", marks].map(
        (extra) =>
          `strlen(${text}) <= ${doubleDigitsMax} + ${extra} AND ${isRead} AND ${isWritten("double")}`,
      );
    }
  }
}

import type { DuckDBConnection } from "@duckdb/node-api";
import { duckDbFailure } from "../../dataset/duckdb-failure.ts";
import { sqlIdentifier, sqlLiteral } from "../../dataset/sql-quote.ts";
import { syncWhileWriting } from "../../storage/sync-while-writing.ts";
import { parquetTargetSql } from "../parquet-target.ts";
import { fittingSelectSql, typedSelectSql } from "./typed-column-sql.ts";
import type { CsvType } from "./value-type.ts";

/** A CSV as the engine is to read it. */
export interface CleanCsv {
  path: string;
  delimiter: string;
  quote: string;
  hasHeader: boolean;
  columnNames: string[];
  /** Undefined where nobody has counted yet. */
  rowCount: number | undefined;
  rowBytesMax: number;
}

/**
 * Writes the rows as Parquet, each column as its type, in one pass. Where a value does not fit, one more pass finds
 * the narrowest types that hold every value, and the rows are written again. Answers the types written. A guess that
 * is known to fail goes to that pass at once.
 */
export async function writeTypedParquet(
  connection: DuckDBConnection,
  csv: CleanCsv,
  parquetPath: string,
  guess: { types: readonly CsvType[]; standing: "untried" | "failed" },
): Promise<readonly CsvType[]> {
  const write = (types: readonly CsvType[], threads: "parallel" | "serial") =>
    copyCsv(connection, { csv, parquetPath, types, threads });
  const isWritten = async (types: readonly CsvType[]) =>
    (await unlessMisread(write(types, "parallel"))) === csv.rowCount;
  if (guess.standing === "untried" && (await isWritten(guess.types))) return guess.types;
  const types = await fittingTypes(connection, csv, guess.types);
  if (await isWritten(types)) return types;
  // Threads that start within quoted text can misjudge where a row begins; one thread does not.
  const rowCount = await write(types, "serial");
  if (rowCount === csv.rowCount) return types;
  throw new Error(`The engine read ${rowCount} rows of a CSV that has ${csv.rowCount}.`);
}

/** What the engine answers; undefined where the engine stumbled over a value or over where a row begins. */
export async function unlessMisread<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (duckDbFailure(error)?.type === "Invalid Input") return undefined;
    throw error;
  }
}

export interface CopyPlan {
  csv: CleanCsv;
  parquetPath: string;
  types: readonly CsvType[];
  threads: "parallel" | "serial";
}

export async function copyCsv(connection: DuckDBConnection, plan: CopyPlan): Promise<number> {
  const { csv, types } = plan;
  const columns = csv.columnNames.map((name, column) => ({ name, type: types[column]! }));
  const source = csv.rowCount === 0 ? noRowsSql(csv) : readSql(csv, plan.threads);
  const sql = `COPY (${typedSelectSql(columns, source)}) TO ${parquetTargetSql(plan.parquetPath, csv.columnNames.length)}`;
  const syncing = syncWhileWriting(plan.parquetPath);
  try {
    const result = await connection.runAndReadAll(sql);
    return Number(result.getRows()[0]![0]);
  } finally {
    await syncing.stop();
  }
}

function readSql(csv: CleanCsv, threads: "parallel" | "serial"): string {
  const columns = csv.columnNames.map((name) => `${sqlLiteral(name)}: 'VARCHAR'`).join(", ");
  // The engine's own limit of a row, unless a row is longer.
  const lineMax = Math.max(2_000_000, csv.rowBytesMax + 16);
  const options = [
    "auto_detect = false",
    `delim = ${sqlLiteral(csv.delimiter)}`,
    `quote = ${sqlLiteral(csv.quote)}`,
    `escape = ${sqlLiteral(csv.quote)}`,
    `header = ${csv.hasHeader}`,
    `columns = {${columns}}`,
    // So that "" is an empty text and nothing at all is NULL.
    "allow_quoted_nulls = false",
    `max_line_size = ${lineMax}`,
    `buffer_size = ${Math.max(32_000_000, 2 * lineMax)}`,
    `parallel = ${threads === "parallel"}`,
  ];
  return `read_csv(${sqlLiteral(csv.path)}, ${options.join(", ")})`;
}

function noRowsSql(csv: CleanCsv): string {
  const columns = csv.columnNames.map((name) => `NULL::VARCHAR AS ${sqlIdentifier(name)}`).join(", ");
  return `(SELECT ${columns} LIMIT 0)`;
}

/** The guessed type of each column where all values fit it, the next wider one that they fit where not. */
async function fittingTypes(
  connection: DuckDBConnection,
  csv: CleanCsv,
  guess: readonly CsvType[],
): Promise<readonly CsvType[]> {
  const checks = csv.columnNames.flatMap((name, column) =>
    widening(guess[column]!).map((type) => ({ name, column, type })),
  );
  if (checks.length === 0 || csv.rowCount === 0) return guess;
  const run = async (threads: "parallel" | "serial") => {
    const sql = fittingSelectSql(checks, readSql(csv, threads));
    return (await connection.runAndReadAll(sql)).getRows()[0] ?? [];
  };
  const quick = await unlessMisread(run("parallel"));
  const [, ...verdicts] = Number(quick?.[0]) === csv.rowCount ? quick! : await run("serial");
  const fitting = checks.filter((_, at) => verdicts[at] === true);
  return guess.map((_, column) => fitting.find((check) => check.column === column)?.type ?? "varchar");
}

/** Types worth a check, narrowest first. What is no moment, day or truth value throughout is text. */
function widening(type: CsvType): CsvType[] {
  if (type === "varchar") return [];
  return type === "bigint" ? ["bigint", "double"] : [type];
}

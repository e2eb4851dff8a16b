import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import type { Column } from "../column.ts";
import { sqlIdentifier, sqlLiteral } from "../sql-quote.ts";
import type { BrokenRow } from "./contract-broken.ts";
import type { RowRule } from "./rule-sql.ts";

/** As much of a row as shows which one it is. */
const textLengthMax = 4_096;

export interface BrokenRowsInput {
  path: string;
  columns: readonly Column[];
  rules: readonly RowRule[];
  /** The columns whose values together name a row; empty where nothing does. */
  key: readonly Column[];
}

/**
 * Makes the table `broken(n, rules)`: each of the rows, by number from 0, that breaks rules, with their positions. One
 * scan of the columns that the rules speak of. Of rows with the same key all but the first good one break `uniqueRule`.
 */
export async function createBroken(
  connection: DuckDBConnection,
  input: BrokenRowsInput & { uniqueRule: number | undefined },
): Promise<void> {
  const { path, rules, key, uniqueRule } = input;
  const conditions = rules.flatMap(({ brokenSql }, position) =>
    position === uniqueRule ? [] : [`CASE WHEN ${brokenSql} THEN ${position} END`],
  );
  const own = `list_filter([${conditions.join(", ")}]::INTEGER[], lambda rule: rule IS NOT NULL)`;
  const keys = key.map(({ name }, position) => `, ${sqlIdentifier(name)} AS k${position}`);
  const judged = `SELECT file_row_number AS n, ${own} AS own${keys.join("")}
    FROM read_parquet(${sqlLiteral(path)}, file_row_number=true)`;
  const all =
    uniqueRule === undefined
      ? `SELECT n, own AS rules FROM (${judged})`
      : withUnique(judged, key.length, uniqueRule);
  await connection.run(`CREATE TABLE broken AS SELECT n, rules FROM (${all}) WHERE len(rules) > 0`);
}

function withUnique(judged: string, keyCount: number, uniqueRule: number): string {
  const keys = Array.from({ length: keyCount }, (_, position) => `k${position}`);
  const isWhole = keys.map((name) => `${name} IS NOT NULL`).join(" AND ");
  const isRepeated = `row_number() OVER (PARTITION BY ${keys.join(", ")} ORDER BY len(own) > 0, n) > 1`;
  return `SELECT n, CASE WHEN ${isWhole} AND ${isRepeated} THEN list_append(own, ${uniqueRule}) ELSE own END AS rules
    FROM (${judged})`;
}

const Details = z.array(
  z.object({
    n: z.number(),
    rules: z.array(z.number()),
    key: z.string().nullable(),
    values: z.array(z.string().nullable()),
  }),
);

/** The first of the broken rows, with the values that break the rules. */
export async function readBroken(
  connection: DuckDBConnection,
  input: BrokenRowsInput,
  limit: number,
): Promise<BrokenRow[]> {
  const { rules } = input;
  const values = rules.map(
    ({ column }) => `left(CAST(${sqlIdentifier(column)} AS VARCHAR), ${textLengthMax})`,
  );
  const reader = await connection.runAndReadAll(`SELECT CAST(broken.n AS DOUBLE) AS n, broken.rules AS rules,
    ${keySql(input.key)} AS key, [${values.join(", ")}] AS values FROM ${joined(input)} ORDER BY broken.n LIMIT ${limit}`);
  return Details.parse(reader.getRowObjectsJson()).map((row) => ({
    row: row.n + 1,
    ...(row.key === null ? {} : { key: row.key }),
    breaks: row.rules.map((position) => {
      const { column, rule, reason } = rules[position]!;
      return { column, rule, reason, value: row.values[position] ?? null };
    }),
  }));
}

/** Writes every broken row as a line of a reject file and answers how many there are. */
export async function writeRejects(
  connection: DuckDBConnection,
  input: BrokenRowsInput,
  target: string,
): Promise<number> {
  const { rules, key } = input;
  const list = (texts: readonly string[]) => `[${texts.map(sqlLiteral).join(", ")}]`;
  const columns = list(rules.map(({ column }) => column));
  const names = list(rules.map(({ rule }) => rule));
  const reasons = list(rules.map(({ column, reason }) => `${column} ${reason}`));
  const all = `list_transform(broken.rules, lambda position: ${reasons}[position + 1])`;
  const result = await connection.runAndReadAll(`COPY (SELECT CAST(broken.n AS BIGINT) + 1 AS "row",
      ${columns}[broken.rules[1] + 1] AS "column", ${names}[broken.rules[1] + 1] AS "rule", ${keySql(key)} AS "key",
      array_to_string(${all}, '; ') AS "reason", ${rowTextSql(input.columns)} AS "text"
    FROM ${joined(input)} ORDER BY broken.n) TO ${sqlLiteral(target)} (FORMAT json)`);
  return Number(result.getRows()[0]?.[0] ?? 0);
}

function rowTextSql(columns: readonly Column[]): string {
  const shown = columns.filter(({ type }) => type !== "blob");
  if (shown.length === 0) return "''";
  const fields = shown.map(({ name }) => `${sqlLiteral(name)}: ${sqlIdentifier(name)}`);
  return `left(CAST(to_json({${fields.join(", ")}}) AS VARCHAR), ${textLengthMax})`;
}

function joined({ path }: BrokenRowsInput): string {
  const staged = `read_parquet(${sqlLiteral(path)}, file_row_number=true)`;
  return `${staged} AS staged JOIN broken ON staged.file_row_number = broken.n`;
}

function keySql(key: readonly Column[]): string {
  if (key.length === 0) return "CAST(NULL AS VARCHAR)";
  return `concat_ws(', ', ${key.map(({ name }) => `CAST(${sqlIdentifier(name)} AS VARCHAR)`).join(", ")})`;
}

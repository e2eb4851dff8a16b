import type { DuckDBConnection } from "@duckdb/node-api";
import type { Column } from "../column.ts";
import { findColumn } from "../column-names.ts";
import { columnSqlType } from "../column-sql-type.ts";
import { materializeDataset } from "../materialize-dataset.ts";
import { datasetScanSql } from "../scan-sql.ts";
import { sqlIdentifier, sqlLiteral } from "../sql-quote.ts";
import type { AdmitRowsOptions } from "./admit-rows.ts";
import type { BrokenRowsInput } from "./broken-rows.ts";

/** Modes in which live rows stay beside those that come in; in others nothing can be taken. */
const keepingModes = ["append", "upsert"];

/** Marks rows whose unique key a live row has that this write leaves alone. Reads the keys of the dataset. */
export async function markTaken(
  connection: DuckDBConnection,
  options: AdmitRowsOptions & { input: BrokenRowsInput; uniqueRule: number },
): Promise<void> {
  const { store, current, mode, input, uniqueRule } = options;
  if (current === undefined || current.files.length === 0 || !keepingModes.includes(mode)) return;
  const keys = input.key.flatMap((staged) => pairOf(current.columns, staged));
  if (keys.length < input.key.length) return;
  const replaced = mode === "upsert" ? replacedKey(options) : undefined;
  const columns = [...keys, ...(replaced === undefined ? [] : [replaced])].map(({ live }) => live);
  const live = datasetScanSql(
    { ...current, columns: [...new Set(columns)] },
    await materializeDataset(store, current),
  );
  const staged = `read_parquet(${sqlLiteral(input.path)}, file_row_number=true)`;
  // A row that is replaced gives its key free.
  const staying =
    replaced === undefined
      ? live
      : `SELECT live.* FROM (${live}) AS live ANTI JOIN ${staged} AS staged ON ${equalSql(replaced)}`;
  await connection.run(`CREATE TABLE taken AS SELECT DISTINCT staged.file_row_number AS n
    FROM ${staged} AS staged SEMI JOIN (${staying}) AS live ON ${keys.map(equalSql).join(" AND ")}`);
  await connection.run(`CREATE OR REPLACE TABLE broken AS
    SELECT coalesce(broken.n, taken.n) AS n, CASE WHEN taken.n IS NULL THEN broken.rules
      ELSE list_distinct(list_append(coalesce(broken.rules, []::INTEGER[]), ${uniqueRule})) END AS rules
    FROM broken FULL JOIN taken ON broken.n = taken.n`);
}

interface KeyPair {
  live: Column;
  staged: Column;
}

function pairOf(columns: readonly Column[], staged: Column): KeyPair[] {
  const live = findColumn(columns, staged.name);
  return live === undefined ? [] : [{ live, staged }];
}

/** The column by which an upsert replaces rows; what is wrong with it is told where the rows are planned. */
function replacedKey({ key, current, staged }: AdmitRowsOptions): KeyPair | undefined {
  const column = findColumn(staged.columns, key ?? current?.keyColumn ?? "");
  return column === undefined ? undefined : pairOf(current?.columns ?? [], column)[0];
}

/** Compared as the dataset has the column, because the file may have it under another type. */
function equalSql({ live, staged }: KeyPair): string {
  const type = live.type === "json" ? "VARCHAR" : columnSqlType(live);
  const value = `TRY_CAST(staged.${sqlIdentifier(staged.name)} AS ${type})`;
  return `CAST(live.${sqlIdentifier(live.name)} AS ${type}) = ${value}`;
}

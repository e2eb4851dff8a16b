import { columnSqlType } from "./column-sql-type.ts";
import type { Column, DatasetVersion, RowFile } from "./dataset-version.ts";
import type { EvolvedColumn } from "./evolution/evolution.ts";
import { storedValueSql } from "./evolution/stored-value-sql.ts";
import { sqlIdentifier, sqlLiteral } from "./sql-quote.ts";

type ScannedVersion = Pick<DatasetVersion, "columns" | "files" | "tombstones">;

/**
 * A SELECT over the live rows of a version: its columns, cast to the dataset's types, and `_row_id` BIGINT. The rows
 * come in no particular order. `localPath` gives the local path of a file's key.
 */
export function datasetScanSql(version: ScannedVersion, localPath: (key: string) => string): string {
  const files = version.files.filter((file) => file.rowCount > 0);
  if (files.length === 0) return emptyScanSql(version.columns);
  const scans = groupBySchema(files).map((group) => groupScanSql(version.columns, group, localPath));
  const rows = scans.join("\nUNION ALL\n");
  if (version.tombstones.length === 0) return rows;
  return `SELECT scanned.* FROM (${rows}) AS scanned
ANTI JOIN ${tombstoneScanSql(version, localPath)} AS dead ON scanned._row_id = dead.row_id`;
}

/** A parenthesised SELECT of one BIGINT column `row_id`. The version must have tombstones. */
export function tombstoneScanSql(
  version: Pick<DatasetVersion, "tombstones">,
  localPath: (key: string) => string,
): string {
  const paths = version.tombstones.map((file) => sqlLiteral(localPath(file.key)));
  return `(SELECT row_id FROM read_parquet([${paths.join(", ")}]))`;
}

/** The select list that turns one file's own columns into the dataset's; a column that the file lacks is NULL. */
export function castColumnsSql(
  columns: readonly Column[],
  fileColumns: readonly Column[],
  evolved?: readonly EvolvedColumn[],
): string[] {
  return columns.map((column) => {
    const value = storedValueSql(column, { columns: fileColumns, evolved });
    return `CAST(${value} AS ${columnSqlType(column)}) AS ${sqlIdentifier(column.name)}`;
  });
}

function emptyScanSql(columns: readonly Column[]): string {
  return `SELECT ${[...castColumnsSql(columns, []), "CAST(NULL AS BIGINT) AS _row_id"].join(", ")} WHERE false`;
}

function groupScanSql(
  columns: readonly Column[],
  files: readonly RowFile[],
  localPath: (key: string) => string,
): string {
  const paths = files.map((file) => sqlLiteral(localPath(file.key))).join(", ");
  const list = [
    ...castColumnsSql(columns, files[0]?.columns ?? [], files[0]?.evolved),
    `${rowIdSql(files)} AS _row_id`,
  ];
  return `SELECT ${list.join(", ")} FROM read_parquet([${paths}], file_row_number=true)`;
}

/** `file_index` counts the files of one scan from 0; a list counts from 1. */
function rowIdSql(files: readonly RowFile[]): string {
  const firstRowIds = files.map((file) => file.firstRowId);
  const first =
    files.length === 1
      ? `${firstRowIds[0]}`
      : `([${firstRowIds.join(", ")}])[CAST(file_index AS BIGINT) + 1]`;
  return `CAST(${first} AS BIGINT) + file_row_number`;
}

/** One scan over many files plans far quicker than a union of as many scans, but needs equal columns. */
function groupBySchema(files: readonly RowFile[]): RowFile[][] {
  const groups = new Map<string, RowFile[]>();
  for (const file of files) {
    const columns = file.columns.map(({ name, type, detail }) => [name, type, detail]);
    const schema = JSON.stringify([columns, file.evolved]);
    const group = groups.get(schema);
    if (group === undefined) groups.set(schema, [file]);
    else group.push(file);
  }
  return [...groups.values()];
}

import { sqlLiteral } from "../dataset/sql-quote.ts";

// The engine's own size of a row group. It holds one in memory as it writes, so wide tables get smaller ones.
const rowGroupRowsMax = 122_880;
const rowGroupRowsMin = 2_048;
const usualColumnCount = 32;
/** Long rows get smaller ones too, where their length is known. */
const rowGroupBytesMax = 64 << 20;

/** The target of a COPY: Snappy, which is written faster than zstd and read faster too. */
export function parquetTargetSql(parquetPath: string, columnCount: number, rowBytes = 1): string {
  const byColumns = Math.floor(
    (rowGroupRowsMax * usualColumnCount) / Math.max(columnCount, usualColumnCount),
  );
  const rows = Math.min(byColumns, Math.floor(rowGroupBytesMax / Math.max(rowBytes, 1)));
  const rowGroupRows = Math.max(rowGroupRowsMin, rows);
  return `${sqlLiteral(parquetPath)} (FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE ${rowGroupRows})`;
}

import { sqlLiteral } from "../dataset/sql-quote.ts";

// The engine's own size of a row group. It holds one in memory as it writes, so wide tables get smaller ones.
const rowGroupRowsMax = 122_880;
const rowGroupRowsMin = 2_048;
const usualColumnCount = 32;

/** The target of a COPY: Snappy, which is written faster than zstd and read faster too. */
export function parquetTargetSql(parquetPath: string, columnCount: number): string {
  const rows = Math.floor((rowGroupRowsMax * usualColumnCount) / Math.max(columnCount, usualColumnCount));
  const rowGroupRows = Math.max(rowGroupRowsMin, rows);
  return `${sqlLiteral(parquetPath)} (FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE ${rowGroupRows})`;
}

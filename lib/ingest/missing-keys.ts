import path from "node:path";
import { requireColumn } from "../dataset/column-names.ts";
import { columnSqlType } from "../dataset/column-sql-type.ts";
import type { DatasetVersion } from "../dataset/dataset-version.ts";
import { withDuckDb } from "../dataset/duckdb.ts";
import { materializeDataset } from "../dataset/materialize-dataset.ts";
import { datasetScanSql } from "../dataset/scan-sql.ts";
import { sqlIdentifier, sqlLiteral } from "../dataset/sql-quote.ts";
import type { ObjectStore } from "../storage/object-store.ts";

/** Keys of the dataset's live rows that a file of keys does not hold, as text. The file has one column, of the same name. */
export async function findMissingKeys(options: {
  store: ObjectStore;
  version: DatasetVersion;
  key: string;
  keysPath: string;
  memoryMib: number;
  scratch: string;
  signal: AbortSignal;
}): Promise<string[]> {
  const { store, version, keysPath, memoryMib, scratch, signal } = options;
  const column = requireColumn(version.columns, options.key, "key");
  const localPath = await materializeDataset(store, version);
  const name = sqlIdentifier(column.name);
  const live = datasetScanSql({ ...version, columns: [column] }, localPath);
  const source = `read_parquet(${sqlLiteral(keysPath)})`;
  return withDuckDb(
    { memoryMib, tempFolder: path.join(scratch, "spill-keys"), signal },
    async (connection) => {
      const result =
        await connection.runAndReadAll(`SELECT DISTINCT CAST(live.${name} AS VARCHAR) FROM (${live}) AS live
      ANTI JOIN (SELECT CAST(${name} AS ${columnSqlType(column)}) AS k FROM ${source}) AS source ON live.${name} = source.k`);
      return result.getRows().map(([key]) => String(key));
    },
  );
}

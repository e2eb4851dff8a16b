import type { DuckDBConnection } from "@duckdb/node-api";
import { foldColumnName } from "../dataset/column-names.ts";
import type { Column, DatasetVersion, RowFile } from "../dataset/dataset-version.ts";
import { withDuckDb } from "../dataset/duckdb.ts";
import { nameAfter } from "../dataset/evolution/apply-rules.ts";
import { typeText } from "../dataset/evolution/diff-columns.ts";
import type { EvolvedColumn, MigrationRule } from "../dataset/evolution/evolution.ts";
import { materializeDataset } from "../dataset/materialize-dataset.ts";
import { datasetScanSql } from "../dataset/scan-sql.ts";
import type { ObjectStore } from "../storage/object-store.ts";

export interface FailingCast {
  column: string;
  to: string;
  count: number;
  examples: { rowId: number; value: string }[];
}

const examplesMax = 5;
const memoryMib = 256;

/** The columns of which values would be lost, counted over every live row; one scan of each column that is cast. */
export async function countFailingCasts(options: {
  store: ObjectStore;
  current: DatasetVersion;
  evolved: DatasetVersion;
  rules: readonly MigrationRule[];
}): Promise<FailingCast[]> {
  const { store, current, evolved, rules } = options;
  const cast = new Set(
    rules.filter((rule) => rule.kind === "cast").map(({ column }) => nameAfter(rules, column)),
  );
  const columns = evolved.columns.filter(({ name }) => cast.has(name));
  if (columns.length === 0 || current.files.length === 0) return [];
  const localPath = await materializeDataset(store, current);
  return withDuckDb({ memoryMib }, async (connection) => {
    const failing: FailingCast[] = [];
    for (const column of columns) {
      const sql = datasetScanSql(bothVersions(evolved, column), localPath);
      const found = await countFailing(connection, column, sql);
      if (found.count > 0) failing.push(found);
    }
    return failing;
  });
}

async function countFailing(
  connection: DuckDBConnection,
  column: Column,
  rows: string,
): Promise<FailingCast> {
  const lost = `FROM (${rows}) WHERE stored IS NOT NULL AND stored <> '' AND evolved IS NULL`;
  const counted = await connection.runAndReadAll(`SELECT CAST(count(*) AS DOUBLE) ${lost}`);
  const shown = await connection.runAndReadAll(
    `SELECT CAST(_row_id AS DOUBLE), left(stored, 200) ${lost} ORDER BY _row_id LIMIT ${examplesMax}`,
  );
  return {
    column: column.name,
    to: typeText(column),
    count: Number(counted.getRows()[0]?.[0] ?? 0),
    examples: shown.getRows().map(([rowId, value]) => ({ rowId: Number(rowId), value: String(value) })),
  };
}

/** The rows with two columns: the value as it is stored, and as the column will be. */
function bothVersions(evolved: DatasetVersion, column: Column) {
  const columns: Column[] = [
    { name: "stored", type: "varchar" },
    { ...column, name: "evolved" },
  ];
  return {
    columns,
    tombstones: evolved.tombstones,
    files: evolved.files.map((file) => renamed(file, column)),
  };
}

function renamed(file: RowFile, column: Column): RowFile {
  const source: EvolvedColumn = file.evolved?.find(
    (one) => foldColumnName(one.column) === foldColumnName(column.name),
  ) ?? {
    column: column.name,
    from: null,
  };
  const { value: _value, ...withoutDefault } = source;
  return {
    ...file,
    evolved: [
      { column: "stored", from: source.from },
      { ...withoutDefault, column: "evolved" },
    ],
  };
}

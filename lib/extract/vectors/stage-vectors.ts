import { DuckDBBlobValue, type DuckDBConnection, type DuckDBValue } from "@duckdb/node-api";
import type { Column } from "../../dataset/dataset-version.ts";
import { sqlIdentifier, sqlLiteral } from "../../dataset/sql-quote.ts";
import { createStagingTable } from "../staging-table.ts";
import { checkVector, type ForeignFile, type ForeignRows, type ForeignValue } from "./foreign-rows.ts";
import type { VectorColumns } from "./vector-columns.ts";
import { vectorsError } from "./vectors-error.ts";

/** A row group is held in memory as it is written and as it is read: 16 MiB of vectors, and never fewer rows than the engine's least. */
const groupBytes = 16 * 1024 * 1024;
const groupRowsMin = 2_048;

/**
 * Writes the file's rows as Parquet, the vectors as 32-bit floats in little-endian bytes. Throws for the first vector
 * or id that cannot stand, with its row.
 */
export async function stageVectors(
  connection: DuckDBConnection,
  file: ForeignFile,
  options: { columns: VectorColumns; target: string },
): Promise<{ columns: Column[]; rowCount: number }> {
  const columns = stagedColumns(file, options.columns);
  assertDistinct(columns);
  const staging = await createStagingTable(connection, columns);
  let rowCount = 0;
  let dimension: number | undefined;
  for await (const rows of file.rows()) {
    for (const [place, vector] of rows.vectors.entries()) {
      checkVector(vector, { row: rowCount + 1, dimension });
      dimension = vector.length;
      staging.add(valuesOf({ rows, place, row: rowCount, file }, vector), vector.byteLength);
      rowCount += 1;
    }
  }
  if (dimension === undefined)
    throw vectorsError({ type: "vectors-file", message: "The file has no vector." });
  staging.finish();
  await assertUniqueIds(connection, columns[0]!.name);
  const groupRows = Math.max(groupRowsMin, Math.floor(groupBytes / (dimension * 4)));
  await connection.run(
    `COPY staging TO ${sqlLiteral(options.target)} (FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE ${groupRows})`,
  );
  return { columns, rowCount };
}

function stagedColumns(file: ForeignFile, names: VectorColumns): Column[] {
  return [
    { name: names.id ?? "id", type: file.idType },
    ...(names.text === undefined ? [] : [{ name: names.text, type: "varchar" as const }]),
    ...file.metadata,
    { name: names.vector, type: "blob" },
  ];
}

function valuesOf(
  at: { rows: ForeignRows; place: number; row: number; file: ForeignFile },
  vector: Float32Array,
): DuckDBValue[] {
  const { rows, place, row, file } = at;
  const id = rows.ids === undefined ? row : (rows.ids[place] ?? null);
  if (id === null || id === "")
    throw vectorsError({ type: "vectors-id", row: row + 1, message: `Row ${row + 1} has no id.` });
  return [
    file.idType === "bigint" ? BigInt(id) : String(id),
    ...(rows.texts === undefined ? [] : [textOf(rows.texts[place])]),
    ...file.metadata.map(({ type }, column) => metadataOf(type, rows.metadata[column]?.[place] ?? null)),
    new DuckDBBlobValue(new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength)),
  ];
}

function textOf(value: ForeignValue | undefined): string | null {
  return value === null || value === undefined ? null : String(value);
}

function metadataOf(type: string, value: ForeignValue): DuckDBValue {
  if (value === null) return null;
  if (type === "bigint") return BigInt(value);
  if (type === "double") return Number(value);
  return type === "boolean" ? Boolean(value) : String(value);
}

/** The engine's names do not tell case apart. */
function assertDistinct(columns: readonly Column[]): void {
  const seen = new Set<string>();
  for (const { name } of columns) {
    if (seen.has(name.toLowerCase())) {
      throw vectorsError({
        type: "vectors-column",
        column: name,
        message: `The column ${JSON.stringify(name)} would be there twice, for different things.`,
        remedy: "Name each column once: as the vector, the id, the text, or among the metadata.",
      });
    }
    seen.add(name.toLowerCase());
  }
}

async function assertUniqueIds(connection: DuckDBConnection, column: string): Promise<void> {
  const id = sqlIdentifier(column);
  const found = await connection.runAndReadAll(
    `SELECT CAST(${id} AS VARCHAR), min(rowid), max(rowid) FROM staging GROUP BY ${id} HAVING count(*) > 1 ORDER BY 3 LIMIT 1`,
  );
  const [twice] = found.getRows();
  if (twice === undefined) return;
  const row = Number(twice[2]) + 1;
  throw vectorsError({
    type: "vectors-id",
    row,
    message: `The id ${JSON.stringify(String(twice[0]).slice(0, 100))} of row ${row} is that of row ${Number(twice[1]) + 1} as well.`,
    remedy: "An id names one vector.",
  });
}

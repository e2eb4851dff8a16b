import type { DuckDBConnection, DuckDBValue } from "@duckdb/node-api";
import { sqlIdentifier, sqlLiteral } from "../../dataset/sql-quote.ts";
import type { ForeignColumn, ForeignFile, ForeignRows, ForeignValue } from "./foreign-rows.ts";
import { requireForeignColumn } from "./require-foreign-column.ts";
import type { VectorColumns } from "./vector-columns.ts";
import { vectorsError } from "./vectors-error.ts";

const wholeTypes = /^U?(TINY|SMALL|BIG)INT$|^U?INTEGER$/;
const listOfFloats = /^(FLOAT|DOUBLE)\[\d*\]$/;

/** A Parquet file with a column of float lists, of one size or not by its type. */
export async function openParquetVectors(
  connection: DuckDBConnection,
  path: string,
  columns: VectorColumns,
): Promise<ForeignFile> {
  const source = `read_parquet(${sqlLiteral(path)}, hive_partitioning = false)`;
  const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${source}`);
  const types = new Map(described.getRows().map((row) => [String(row[0]), String(row[1])]));
  for (const name of [columns.vector, columns.id, columns.text, ...columns.metadata]) {
    if (name !== undefined) requireForeignColumn([...types.keys()], name);
  }
  const vectorType = types.get(columns.vector) ?? "";
  if (!listOfFloats.test(vectorType)) {
    throw vectorsError({
      type: "vectors-column",
      column: columns.vector,
      message: `The column ${JSON.stringify(columns.vector)} is of type ${vectorType}, not a list of floats.`,
    });
  }
  const typed = (name: string): ForeignColumn => ({ name, type: columnType(types.get(name) ?? "") });
  const id = columns.id === undefined ? undefined : typed(columns.id);
  const metadata = columns.metadata.map(typed);
  const text = columns.text === undefined ? undefined : { name: columns.text, type: "varchar" as const };
  const plain = [id, text, ...metadata].filter((column) => column !== undefined);
  const list = plain.map(({ name, type }) => `CAST(${sqlIdentifier(name)} AS ${type.toUpperCase()})`);
  const sql = `SELECT CAST(${sqlIdentifier(columns.vector)} AS DOUBLE[])${list.map((item) => `, ${item}`).join("")} FROM ${source}`;
  return {
    format: "parquet",
    idType: id === undefined || id.type === "bigint" ? "bigint" : "varchar",
    metadata,
    rows: () => readRows(connection, sql, { hasIds: id !== undefined, hasTexts: text !== undefined }),
  };
}

async function* readRows(
  connection: DuckDBConnection,
  sql: string,
  { hasIds, hasTexts }: { hasIds: boolean; hasTexts: boolean },
): AsyncGenerator<ForeignRows> {
  const result = await connection.stream(sql);
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) return;
    const [vectors = [], ...plain] = chunk.getColumns();
    const rest = plain as ForeignValue[][];
    const ids = hasIds ? rest.shift() : undefined;
    const texts = hasTexts ? rest.shift() : undefined;
    yield {
      ...(ids === undefined ? {} : { ids }),
      ...(texts === undefined ? {} : { texts }),
      metadata: rest,
      vectors: vectors.map(floatsOf),
    };
  }
}

function floatsOf(value: DuckDBValue): Float32Array | null {
  if (value === null || typeof value !== "object" || !("items" in value)) return null;
  // An absent value is no number, and is refused as that.
  return Float32Array.from(value.items as (number | null)[], (item) => item ?? Number.NaN);
}

function columnType(engineType: string): ForeignColumn["type"] {
  if (engineType === "BOOLEAN") return "boolean";
  if (wholeTypes.test(engineType)) return "bigint";
  return engineType === "FLOAT" || engineType === "DOUBLE" ? "double" : "varchar";
}

import type { DuckDBConnection } from "@duckdb/node-api";
import { withDuckDb } from "../../dataset/duckdb.ts";
import { sqlIdentifier, sqlLiteral } from "../../dataset/sql-quote.ts";
import { DomainError } from "../../errors/domain-error.ts";
import { serveParent } from "../guard/serve-parent.ts";
import { parquetTargetSql } from "../parquet-target.ts";
import { uniqueNames } from "../unique-names.ts";
import { describedColumn, type MappedColumn, mapParquetColumn } from "./map-parquet-column.ts";
import type { ParquetAnswer, ParquetRequest } from "./parquet-answer.ts";

serveParent(copyParquet);

async function copyParquet(request: ParquetRequest): Promise<ParquetAnswer> {
  try {
    const { memoryMib, spill } = request;
    return await withDuckDb({ memoryMib, tempFolder: spill }, (connection) => copyRows(connection, request));
  } catch (error) {
    if (error instanceof DomainError && error.kind === "exhausted") {
      return { kind: "exhausted", type: error.type, message: error.message, remedy: error.remedy ?? "" };
    }
    const reason = error instanceof Error ? error.message : String(error);
    return {
      kind: "broken",
      reason: reason.split("\n")[0]!.replaceAll(request.source, "the file").slice(0, 300),
    };
  }
}

async function copyRows(connection: DuckDBConnection, request: ParquetRequest): Promise<ParquetAnswer> {
  const source = `read_parquet(${sqlLiteral(request.source)}, hive_partitioning = false)`;
  const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${source}`);
  const found = described.getRows().map((row) => ({ name: String(row[0]), engineType: String(row[1]) }));
  const mapped: MappedColumn[] = [];
  for (const { name, engineType } of found) {
    const isWhole = engineType === "TIMESTAMP_NS" && (await hasWholeMicroseconds(connection, source, name));
    const timestamp: MappedColumn = { type: "timestamp", sql: `CAST(${sqlIdentifier(name)} AS TIMESTAMP)` };
    mapped.push(isWhole ? timestamp : mapParquetColumn(name, engineType));
  }
  const names = uniqueNames(found.map(({ name }) => name));
  const columns = mapped.map(({ sql }, at) => `${sql} AS ${sqlIdentifier(names[at]!)}`);
  const result = await connection.runAndReadAll(
    `COPY (SELECT ${columns.join(", ")} FROM ${source}) TO ${parquetTargetSql(request.target, columns.length)}`,
  );
  const rowCount = Number(result.getRows()[0]![0]);
  return { kind: "rows", columns: mapped.map((column, at) => describedColumn(names[at]!, column)), rowCount };
}

/** Whether nothing is lost where nanoseconds, which many tools write by default, become microseconds. */
async function hasWholeMicroseconds(
  connection: DuckDBConnection,
  source: string,
  name: string,
): Promise<boolean> {
  const sql = `SELECT coalesce(bool_and(epoch_ns(${sqlIdentifier(name)}) % 1000 = 0), true) FROM ${source}`;
  return (await connection.runAndReadAll(sql)).getRows()[0]![0] === true;
}

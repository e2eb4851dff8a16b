import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { parseDsn } from "@lakefleet/lib/connectors/dsn.ts";
import {
  type DatabaseExtraction,
  type ExtractDatabaseOptions,
  extractDatabase,
} from "@lakefleet/lib/connectors/extract-database.ts";
import { columnSqlType } from "@lakefleet/lib/dataset/column-sql-type.ts";
import type { Column } from "@lakefleet/lib/dataset/dataset-version.ts";
import { withDuckDb } from "@lakefleet/lib/dataset/duckdb.ts";
import { sqlIdentifier, sqlLiteral } from "@lakefleet/lib/dataset/sql-quote.ts";
import type { DatabaseServer } from "./database-server.ts";

export const nothingAllowed = { files: false, sockets: false, linkLocal: false };

export interface ReadRows {
  extraction: DatabaseExtraction;
  /** By column, its dataset type with its detail. */
  types: Record<string, string>;
  /** Every value as the engine writes it as text. */
  rows: (string | null)[][];
}

/** Reads a relation of the server and gives what was staged. */
export async function readRelation(
  server: Pick<DatabaseServer, "engine" | "dsn">,
  database: string,
  source: Partial<ExtractDatabaseOptions["source"]> & Pick<ExtractDatabaseOptions["source"], "from">,
  options: Partial<ExtractDatabaseOptions> & { port?: number } = {},
): Promise<ReadRows> {
  const scratch = await mkdtemp(path.join(os.tmpdir(), "lakefleet-read-"));
  const { port, ...more } = options;
  try {
    const address = parseDsn(server.dsn(database, port), server.engine, nothingAllowed);
    const extraction = await extractDatabase({
      source: { address, timeoutMs: 60_000, ...source },
      allowed: nothingAllowed,
      scratch,
      memoryMib: 128,
      ...more,
    });
    const rows = await readParquet(extraction.parquetPath, extraction.columns);
    const types = extraction.columns.map(({ name, type, detail }) => [name, detail ?? type]);
    return { extraction, types: Object.fromEntries(types), rows };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

export async function readParquet(file: string, columns: readonly Column[]): Promise<(string | null)[][]> {
  return withDuckDb({ memoryMib: 128, threads: 1 }, async (connection) => {
    await connection.run("SET TimeZone = 'UTC'");
    const list = columns.map((column) => {
      const value = `CAST(${sqlIdentifier(column.name)} AS ${columnSqlType(column)})`;
      return column.type === "blob" ? `hex(${value})` : `CAST(${value} AS VARCHAR)`;
    });
    const reader = await connection.runAndReadAll(
      `SELECT ${list.join(", ")} FROM read_parquet(${sqlLiteral(file)})`,
    );
    return reader.getRows() as (string | null)[][];
  });
}

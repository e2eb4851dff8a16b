import { createReadStream, createWriteStream } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import type { DuckDBConnection } from "@duckdb/node-api";
import type { Column } from "../column.ts";
import { columnSqlType } from "../column-sql-type.ts";
import { sqlIdentifier, sqlLiteral } from "../sql-quote.ts";
import type { StagedRows } from "../staged-rows.ts";
import type { AdmitRowsOptions } from "./admit-rows.ts";
import { type BrokenRowsInput, writeRejects } from "./broken-rows.ts";

/** Writes the rows that may come in with the columns that they get, and the others behind the rejects there are. */
export async function writeAdmitted(
  connection: DuckDBConnection,
  options: AdmitRowsOptions & { input: BrokenRowsInput; columns: readonly Column[]; brokenCount: number },
): Promise<Omit<StagedRows, "columns">> {
  const { staged, scratch, input, columns, brokenCount } = options;
  const folder = await mkdtemp(path.join(scratch, "admitted-"));
  const parquetPath = path.join(folder, "admitted.parquet");
  const list = columns.map((column) => {
    const name = sqlIdentifier(column.name);
    return `CAST(${name} AS ${columnSqlType(column)}) AS ${name}`;
  });
  await connection.run(`COPY (SELECT ${list.join(", ")} FROM read_parquet(${sqlLiteral(staged.parquetPath)}, file_row_number=true)
    AS staged ANTI JOIN broken ON staged.file_row_number = broken.n ORDER BY staged.file_row_number)
    TO ${sqlLiteral(parquetPath)} (FORMAT parquet, COMPRESSION snappy)`);
  const rowCount = staged.rowCount - brokenCount;
  if (brokenCount === 0)
    return { parquetPath, rowCount, ...(staged.rejects === undefined ? {} : { rejects: staged.rejects }) };
  const rejectsPath = path.join(folder, "rejects.jsonl");
  const refused = await writeRejects(connection, input, rejectsPath);
  if (staged.rejects !== undefined) {
    await pipeline(createReadStream(staged.rejects.path), createWriteStream(rejectsPath, { flags: "a" }));
  }
  return {
    parquetPath,
    rowCount,
    rejects: { path: rejectsPath, rowCount: refused + (staged.rejects?.rowCount ?? 0) },
  };
}

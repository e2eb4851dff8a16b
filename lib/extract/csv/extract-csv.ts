import path from "node:path";
import { withDuckDb } from "../../dataset/duckdb.ts";
import type { Extraction, ExtractJob } from "../extraction.ts";
import { checkRows } from "./check-rows.ts";
import { writeCleanCopy } from "./clean-copy.ts";
import { type FoundTable, findTable } from "./find-table.ts";
import { sampleTypes } from "./sample-types.ts";
import { terminator } from "./scan-record.ts";
import type { CsvScan } from "./scan-rows.ts";
import { startEarlyCopy } from "./start-early-copy.ts";
import type { CsvType } from "./value-type.ts";
import { type CleanCsv, writeTypedParquet } from "./write-typed-parquet.ts";

/**
 * Turns delimited text into rows. A strict walk over the whole file finds every broken row and counts the good ones;
 * the engine's rows are taken only if they are as many. A column gets a type other than text only if no value loses
 * by it.
 */
export async function extractCsv(job: ExtractJob, format: "csv" | "tsv"): Promise<Extraction> {
  const table = await findTable(job, format);
  const guess = await sampleTypes(table.path, table.layout);
  const parquetPath = path.join(job.folder, "rows.parquet");
  // Most files turn out clean, and then the copy is done soon after the walk: the engine's threads need not wait.
  const early = startEarlyCopy(job, asCsv(table), parquetPath, guess);
  try {
    const { scan, rejects } = await checkRows(job, table);
    const isUsable = isDirect(table, scan) && (await early.rowCount()) === scan.rowCount;
    if (!isUsable) await early.stop();
    const types = isUsable ? guess : await copyChecked(job, table, scan, { parquetPath, guess });
    const columns = table.layout.columnNames.map((name, column) => ({ name, type: types[column]! }));
    const staged = { parquetPath, columns, rowCount: scan.rowCount, format };
    return { ...staged, ...(rejects === undefined ? {} : { rejects }) };
  } finally {
    await early.stop();
  }
}

/** Copies rows that are all known, from the file itself or, where it holds anything else, from a copy without that. */
async function copyChecked(
  job: ExtractJob,
  table: FoundTable,
  scan: CsvScan,
  { parquetPath, guess }: { parquetPath: string; guess: CsvType[] },
): Promise<readonly CsvType[]> {
  const { rowCount, rowBytesMax } = scan;
  const direct = isDirect(table, scan);
  let csv: CleanCsv = { ...asCsv(table), rowCount, rowBytesMax };
  if (!direct) {
    csv = { ...csv, path: path.join(job.folder, "clean.csv"), hasHeader: false };
    await writeCleanCopy({ from: table.path, to: csv.path, layout: table.layout, signal: job.signal });
  }
  return withDuckDb(
    { memoryMib: job.memoryMib, tempFolder: path.join(job.folder, "spill"), signal: job.signal },
    (connection) =>
      writeTypedParquet(connection, csv, parquetPath, {
        types: guess,
        standing: direct ? "failed" : "untried",
      }),
  );
}

/** The table as the engine is told of it, before anything is known of its rows. */
function asCsv({ path, layout }: FoundTable): CleanCsv {
  return {
    path,
    delimiter: String.fromCharCode(layout.marks.delimiter),
    quote: String.fromCharCode(layout.marks.quote),
    hasHeader: layout.hasHeader,
    columnNames: layout.columnNames,
    rowCount: undefined,
    rowBytesMax: 0,
  };
}

/** Whether the engine can read the file as it is: one kind of line break and nothing but the table. */
function isDirect({ layout, markBytes }: FoundTable, scan: CsvScan): boolean {
  const kinds: number[] = [terminator.lineFeed, terminator.carriageReturnLineFeed, terminator.carriageReturn];
  const seen = scan.terminators | layout.headerTerminator;
  return (
    (seen === terminator.none || kinds.includes(seen)) &&
    scan.rejectedCount === 0 &&
    layout.tableStart === markBytes
  );
}

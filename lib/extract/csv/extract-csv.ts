import { stat } from "node:fs/promises";
import path from "node:path";
import { withDuckDb } from "../../dataset/duckdb.ts";
import { extractError } from "../extract-error.ts";
import type { Extraction, ExtractJob } from "../extraction.ts";
import { readHead } from "../input/read-head.ts";
import { detectEncoding } from "../input/text-encoding.ts";
import { transcodeFile } from "../input/transcode-file.ts";
import { openRejectSink } from "../reject-file.ts";
import { writeCleanCopy } from "./clean-copy.ts";
import { type CsvLayout, detectLayout } from "./detect-layout.ts";
import { terminator } from "./scan-record.ts";
import { type CsvScan, scanRows } from "./scan-rows.ts";
import { splitRecord } from "./split-record.ts";
import { TypeGuess } from "./type-guess.ts";
import { writeTypedParquet } from "./write-typed-parquet.ts";

// Holds the longest preamble and some hundred rows of the widest usual tables.
const headBytes = 256 << 10;
// A table that is wider is one that was never meant to be a table; engines slow down far below.
export const columnCountMax = 4096;

/**
 * Turns delimited text into rows. The file is walked once, strictly, to find every broken row and to count the good
 * ones; then the engine reads the good ones. A column gets a type other than text only if no value loses by it.
 */
export async function extractCsv(job: ExtractJob, format: "csv" | "tsv"): Promise<Extraction> {
  const source = await toUtf8(job);
  const layout = await readLayout(job, source, format);
  const guess = new TypeGuess(layout.columnNames.length);
  const { scan, rejects } = await checkRows(job, source.path, layout, guess);
  const direct = isDirect(source, layout, scan);
  const cleanPath = direct ? source.path : path.join(job.folder, "clean.csv");
  if (!direct) await writeCleanCopy({ from: source.path, to: cleanPath, layout, signal: job.signal });
  const parquetPath = path.join(job.folder, "rows.parquet");
  const types = await withDuckDb(
    { memoryMib: job.memoryMib, tempFolder: path.join(job.folder, "spill"), signal: job.signal },
    (connection) =>
      writeTypedParquet(
        connection,
        {
          path: cleanPath,
          delimiter: String.fromCharCode(layout.marks.delimiter),
          quote: String.fromCharCode(layout.marks.quote),
          hasHeader: direct && layout.hasHeader,
          columnNames: layout.columnNames,
          rowCount: scan.rowCount,
          rowBytesMax: scan.rowBytesMax,
        },
        parquetPath,
        guess.types(),
      ),
  );
  const columns = layout.columnNames.map((name, column) => ({ name, type: types[column]! }));
  return {
    parquetPath,
    columns,
    rowCount: scan.rowCount,
    ...(rejects === undefined ? {} : { rejects }),
    format,
  };
}

interface Utf8Source {
  path: string;
  /** Length of the byte order mark that the file still has. */
  markBytes: number;
}

async function toUtf8(job: ExtractJob): Promise<Utf8Source> {
  const head = await readHead(job.path, 4 * headBytes);
  const encoding = detectEncoding(head, head.length < 4 * headBytes ? "whole" : "head");
  if (encoding.encoding === "utf-8") return { path: job.path, markBytes: encoding.markBytes };
  const to = path.join(job.folder, "utf8.csv");
  await transcodeFile({ from: job.path, to, name: job.name, encoding, signal: job.signal });
  return { path: to, markBytes: 0 };
}

async function readLayout(job: ExtractJob, source: Utf8Source, format: "csv" | "tsv"): Promise<CsvLayout> {
  // A first row that is wider than the head is looked for in a larger one.
  for (const byteCount of [headBytes, 16 * headBytes]) {
    const head = await readHead(source.path, byteCount);
    const layout = detectLayout(head, {
      complete: head.length < byteCount,
      preferTab: format === "tsv",
      markBytes: source.markBytes,
    });
    if (layout === undefined) continue;
    if (layout.columnNames.length > columnCountMax) throw tooWide(job, layout);
    return layout;
  }
  throw extractError({
    type: "csv-empty",
    message: `${job.name} holds no table: there is not one complete row in it.`,
    place: { file: job.name, line: 1 },
    remedy: "Send a file with a header line or at least one row, with every quote closed.",
  });
}

function tooWide(job: ExtractJob, layout: CsvLayout) {
  return extractError({
    type: "csv-columns",
    message: `${job.name} has ${layout.columnNames.length} columns; at most ${columnCountMax} are taken.`,
    place: { file: job.name, line: layout.dataLine },
    remedy: "Split the table, or turn columns into rows.",
  });
}

// Rows at the head settle most types; a few from every mebibyte find what changes later.
const sampleRows = { firstWindow: 500, laterWindow: 12 };

async function checkRows(job: ExtractJob, file: string, layout: CsvLayout, guess: TypeGuess) {
  const sink = openRejectSink({
    path: path.join(job.folder, "rejects.jsonl"),
    name: job.name,
    onError: job.onError,
  });
  const total = (await stat(file)).size;
  const transcoded = file !== job.path;
  let wanted = sampleRows.firstWindow;
  const scan = await scanRows(
    { path: file, layout, signal: job.signal },
    {
      row(bytes, start, end, order) {
        if (order < wanted) guess.see(splitRecord(bytes.subarray(start, end), layout.marks));
      },
      async bad({ byte, ...row }) {
        // Offsets in the copy say nothing about the file that was sent.
        await sink.reject(transcoded || byte === undefined ? row : { ...row, byte });
      },
      window(done) {
        wanted = sampleRows.laterWindow;
        job.progress?.({ done, total, unit: "bytes" });
      },
    },
  );
  return { scan, rejects: await sink.close() };
}

/** Whether the engine can read the file as it is: one kind of line break and nothing but the table. */
function isDirect(source: Utf8Source, layout: CsvLayout, scan: CsvScan): boolean {
  const kinds = [
    terminator.none,
    terminator.lineFeed,
    terminator.carriageReturnLineFeed,
    terminator.carriageReturn,
  ];
  const seen = scan.terminators | layout.headerTerminator;
  const single = kinds.some((kind) => kind === seen);
  return single && scan.rejectedCount === 0 && layout.tableStart === source.markBytes;
}

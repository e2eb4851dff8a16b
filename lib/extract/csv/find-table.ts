import path from "node:path";
import { extractError } from "../extract-error.ts";
import type { ExtractJob } from "../extraction.ts";
import { readHead } from "../input/read-head.ts";
import { detectEncoding } from "../input/text-encoding.ts";
import { transcodeFile } from "../input/transcode-file.ts";
import { type CsvLayout, detectLayout } from "./detect-layout.ts";

/** A CSV in UTF-8: the file that was sent, or a copy of it. */
export interface FoundTable {
  path: string;
  /** Length of the byte order mark that the file still has. */
  markBytes: number;
  layout: CsvLayout;
}

// Holds the longest preamble and some hundred rows of the widest usual tables.
const headBytes = 256 << 10;
// A table that is wider was never meant to be a table; engines slow down far below.
const columnCountMax = 4096;

/** Finds encoding, dialect and header. No row at all is `csv-empty`, too many columns are `csv-columns`. */
export async function findTable(job: ExtractJob, format: "csv" | "tsv"): Promise<FoundTable> {
  const source = await toUtf8(job);
  return { ...source, layout: await readLayout(job, source, format) };
}

async function toUtf8(job: ExtractJob): Promise<{ path: string; markBytes: number }> {
  const head = await readHead(job.path, 4 * headBytes);
  const encoding = detectEncoding(head, head.length < 4 * headBytes ? "whole" : "head");
  if (encoding.encoding === "utf-8") return { path: job.path, markBytes: encoding.markBytes };
  const to = path.join(job.folder, "utf8.csv");
  await transcodeFile({ from: job.path, to, name: job.name, encoding, signal: job.signal });
  return { path: to, markBytes: 0 };
}

async function readLayout(
  job: ExtractJob,
  source: { path: string; markBytes: number },
  format: "csv" | "tsv",
): Promise<CsvLayout> {
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

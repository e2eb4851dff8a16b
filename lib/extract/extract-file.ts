import { mkdtemp, rm } from "node:fs/promises";
import path from "node:path";
import { extractCsv } from "./csv/extract-csv.ts";
import { detectFormat, formatHeadBytes } from "./detect-format.ts";
import { extractJson } from "./json/extract-json.ts";
import type { Extraction, ExtractJob, ExtractOptions, Format } from "./extraction.ts";
import { readHead } from "./input/read-head.ts";

/**
 * Turns one file of any supported format into a staged Parquet file with its columns. With `onError: "refuse"` the
 * first bad row throws a `DomainError` that names its place; with `"skip"` bad rows go to the reject file and are
 * counted. After an error or an abort nothing is left in `scratch`.
 */
export async function extractFile(options: ExtractOptions): Promise<Extraction> {
  const format = detectFormat({ name: options.name, head: await readHead(options.path, formatHeadBytes) });
  return inOwnFolder(options, (job) => extractAs(job, format));
}

async function extractAs(job: ExtractJob, format: Format): Promise<Extraction> {
  switch (format) {
    case "csv":
    case "tsv":
      return extractCsv(job, format);
    case "json":
    case "ndjson":
      return extractJson(job, format);
    default:
      throw new Error(format);
  }
}

async function inOwnFolder(options: ExtractOptions, task: (job: ExtractJob) => Promise<Extraction>) {
  const folder = await mkdtemp(path.join(options.scratch, "extract-"));
  try {
    return await task({ ...options, folder });
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

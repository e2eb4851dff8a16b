import { stat } from "node:fs/promises";
import { DomainError } from "../errors/domain-error.ts";
import { hasCode } from "../storage/error-code.ts";
import { extractCsv } from "./csv/extract-csv.ts";
import { detectFormat, formatHeadBytes } from "./detect-format.ts";
import { extractDocument } from "./document/extract-document.ts";
import { extractError } from "./extract-error.ts";
import type { Extraction, ExtractJob, ExtractOptions, Format } from "./extraction.ts";
import { readHead } from "./input/read-head.ts";
import { inJobFolder, linkPlainly } from "./job-folder.ts";
import { extractJson } from "./json/extract-json.ts";
import { extractParquet } from "./parquet/extract-parquet.ts";

/**
 * Turns one file of any supported format into a staged Parquet file with its columns. With `onError: "refuse"` the
 * first bad row throws a `DomainError` that names its place; with `"skip"` bad rows go to the reject file and are
 * counted. After an error or an abort nothing is left in `scratch`.
 */
export async function extractFile(options: ExtractOptions): Promise<Extraction> {
  await assertReadable(options);
  const format = detectFormat({ name: options.name, head: await readHead(options.path, formatHeadBytes) });
  return inJobFolder(options, async (folder) => {
    const path = await linkPlainly(options.path, folder);
    return extractAs({ ...options, path, folder }, format);
  });
}

async function extractAs(job: ExtractJob, format: Format): Promise<Extraction> {
  switch (format) {
    case "csv":
    case "tsv":
      return extractCsv(job, format);
    case "json":
    case "ndjson":
      return extractJson(job, format);
    case "parquet":
      return extractParquet(job);
    default:
      return extractDocument(job, format);
  }
}

async function assertReadable({ path, name }: ExtractOptions): Promise<void> {
  try {
    if ((await stat(path)).isFile()) return;
  } catch (error) {
    if (!hasCode(error, "ENOENT", "ENOTDIR")) throw error;
    throw new DomainError({
      kind: "not-found",
      type: "extract-missing",
      message: `${name} is not there any more.`,
      place: { file: name },
      remedy: "Send the file again.",
      cause: error,
    });
  }
  throw extractError({
    type: "extract-not-a-file",
    message: `${name} is not a file.`,
    place: { file: name },
    remedy: "Name a file, or ingest the folder as a folder.",
  });
}

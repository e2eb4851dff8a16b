import type { StagedRows } from "../dataset/staged-rows.ts";

export type Format = "csv" | "tsv" | "json" | "ndjson" | "parquet" | "pdf" | "text" | "markdown" | "html";

/** What to do with a row or a file that cannot be read: refuse everything, or keep it in the reject file and go on. */
export type OnError = "refuse" | "skip";

export interface ExtractProgress {
  done: number;
  total: number;
  unit: "bytes" | "files";
}

export interface ExtractOptions {
  path: string;
  /** The name that messages show, and whose ending says the format where the content does not. */
  name: string;
  /** A folder of the caller's. The result's files lie in a new folder below it; after an error nothing does. */
  scratch: string;
  onError: OnError;
  /** What the query engine may hold; the process takes about 250 MiB more. */
  memoryMib: number;
  signal?: AbortSignal | undefined;
  progress?: ((progress: ExtractProgress) => void) | undefined;
}

/** Rows ready to be committed; the reject file holds one `RejectedRow` to a line. */
export interface Extraction extends StagedRows {
  format: Format | "folder" | "npy" | "arrow";
}

/** What the steps behind `extractFile` work with: the caller's options and a folder that is theirs alone. */
export interface ExtractJob extends ExtractOptions {
  folder: string;
}

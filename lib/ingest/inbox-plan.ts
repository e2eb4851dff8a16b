import { DatasetName } from "@lakefleet/queues/names.ts";
import type { IngestRequest } from "./ingest-request.ts";
import { IngestRequest as IngestRequestSchema } from "./ingest-request.ts";

/** A file below the inbox, with `/` between the segments of its name. */
export interface InboxFile {
  name: string;
}

export type InboxWork =
  | { kind: "file"; file: InboxFile; request: IngestRequest }
  | { kind: "folder"; folder: string; files: InboxFile[]; request: IngestRequest };

/** A file of rows, which is a dataset of its own. */
export const tableExtensions = /\.(csv|tsv|json|ndjson|jsonl|parquet)$/i;

/**
 * What a batch of inbox files means. A table is a dataset of its own, named after the file (and its folder), that each
 * new version of the file replaces. Documents in a folder are the rows of one dataset named after the folder; documents
 * that lie in the inbox itself are rows of the dataset `inbox`.
 */
export function planInbox(files: readonly InboxFile[]): InboxWork[] {
  const work: InboxWork[] = [];
  const folders = new Map<string, InboxFile[]>();
  for (const file of files) {
    const top = file.name.includes("/") ? file.name.slice(0, file.name.indexOf("/")) : undefined;
    if (tableExtensions.test(file.name)) {
      const dataset = datasetName(file.name.replace(tableExtensions, ""));
      work.push({ kind: "file", file, request: IngestRequestSchema.parse({ dataset, mode: "replace" }) });
    } else if (top === undefined) {
      const request = IngestRequestSchema.parse({ dataset: "inbox", mode: "upsert", key: "path" });
      work.push({ kind: "file", file, request });
    } else {
      folders.set(top, [...(folders.get(top) ?? []), file]);
    }
  }
  for (const [folder, members] of folders) {
    const request = IngestRequestSchema.parse({
      dataset: datasetName(folder),
      mode: "upsert",
      key: "path",
      on_error: "skip",
    });
    work.push({ kind: "folder", folder, files: members, request });
  }
  return work;
}

/** The nearest legal dataset name: lower-case, other characters become `-`. */
export function datasetName(text: string): string {
  const name = text
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, "-")
    .replace(/^[^a-z0-9]+|-+$/g, "")
    .slice(0, 63);
  return DatasetName.parse(name === "" ? "unnamed" : name);
}

import { DatasetName, IndexName } from "@lakefleet/queues/names.ts";
import { z } from "zod";
import { broughtEmbedder } from "../embedding/brought-embedder.ts";
import { columnNames, parseRequest } from "./ingest-request.ts";

const ColumnName = z.string().min(1).max(1_000);

/** What a client says about an import of vectors; the same names as form fields and as JSON. */
export const ImportRequest = z.strictObject({
  index: IndexName,
  dataset: DatasetName,
  /** The model that made the vectors; its name and revision are the client's. */
  embedder: z.string().regex(broughtEmbedder, "is import:<model>@<revision>, such as import:mymodel@1"),
  /** An NPY file has one array and no names; this is then what the dataset calls it. */
  vector_column: ColumnName.default("vector"),
  /** Absent: the row's number, from 0, as the column `id`. */
  id_column: ColumnName.optional(),
  text_column: ColumnName.optional(),
  metadata_columns: columnNames(256).default([]),
  metric: z.literal("cosine").default("cosine"),
  mode: z.enum(["replace", "append", "upsert"]).default("replace"),
  backend: z.enum(["hnsw", "lance"]).optional(),
});
export type ImportRequest = z.infer<typeof ImportRequest>;

/** Parses form fields or JSON; every problem is reported at once, the first one's field is named. */
export function parseImportRequest(fields: Record<string, unknown>): ImportRequest {
  return parseRequest(ImportRequest, fields);
}

import type { ingestQueue } from "@lakefleet/queues/ingest.queue.ts";
import type { z } from "zod";
import type { Format } from "../extract/extraction.ts";
import type { IngestRequest } from "./ingest-request.ts";

export type IngestPayload = z.infer<typeof ingestQueue.payload>;

/** Formats whose every file is one row with a `content` column, which is what people want searched. */
const documentFormats: ReadonlySet<Format> = new Set<Format>(["pdf", "text", "markdown", "html"]);

/**
 * Decides what one accepted request becomes. A document is indexed by its content unless `index` is `none`; a table
 * only where text columns are named, now or by an index that its dataset feeds already. Documents are upserted by
 * their path, which is also their name in search results, so that sending a changed file again replaces it.
 */
export function planIngest(input: {
  intent: string;
  request: IngestRequest;
  source: IngestPayload["source"];
  /** Absent for a folder. */
  format: Format | undefined;
  /** Indexes that are fed by this dataset today. */
  indexes: readonly string[];
  /** Whether they follow each write at once; else one is brought up to date only where it is asked for by name. */
  follows: boolean;
}): IngestPayload {
  const { request, source } = input;
  const isDocument =
    source.kind === "folder" ||
    source.kind === "changes" ||
    (input.format !== undefined && documentFormats.has(input.format));
  const textColumns = textColumnsOf(request, isDocument);
  const mode = isDocument && request.mode === "append" ? "upsert" : request.mode;
  const key = request.key ?? (isDocument && mode === "upsert" ? "path" : undefined);
  const names = isDocument && mode !== "delete";
  const idColumn = request.id_column ?? (names ? "path" : undefined);
  const index = chooseIndex(input, textColumns);
  return {
    intent: input.intent,
    source,
    dataset: request.dataset,
    mode,
    ...(key === undefined ? {} : { key }),
    onError: request.on_error,
    ...(idColumn === undefined ? {} : { idColumn }),
    textColumns,
    metadataColumns: request.metadata_columns ?? [],
    ...(request.contract === undefined ? {} : { contract: request.contract }),
    ...(index === undefined ? {} : { index }),
  };
}

/** Rows that are to leave say nothing about what is searched. */
function textColumnsOf({ text_columns, index, mode }: IngestRequest, isDocument: boolean): string[] {
  if (mode === "delete") return [];
  return text_columns ?? (isDocument && index !== "none" ? ["content"] : []);
}

function chooseIndex(
  input: { request: IngestRequest; indexes: readonly string[]; follows: boolean },
  textColumns: readonly string[],
): IngestPayload["index"] {
  const { request, indexes } = input;
  if (request.index === "none") return undefined;
  const fed = indexes.includes(request.dataset) ? request.dataset : indexes[0];
  const name = request.index ?? (textColumns.length > 0 ? request.dataset : fed);
  if (name === undefined) return undefined;
  if (!input.follows && request.index === undefined && input.indexes.includes(name)) return undefined;
  return {
    name,
    ...(request.backend === undefined ? {} : { backend: request.backend }),
    ...(request.embedder === undefined ? {} : { embedderId: request.embedder }),
    ...(request.chunk_size === undefined ? {} : { chunkSize: request.chunk_size }),
    ...(request.overlap === undefined ? {} : { overlap: request.overlap }),
  };
}

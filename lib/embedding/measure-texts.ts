import { requireColumn } from "../dataset/column-names.ts";
import type { DatasetVersion } from "../dataset/dataset-version.ts";
import { scanRows } from "../dataset/scan-rows.ts";
import { sqlLiteral } from "../dataset/sql-quote.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { textValues } from "./arrow-values.ts";
import { chunkRow } from "./chunk-row.ts";
import { contentHash } from "./content-hash.ts";
import { estimateTokens } from "./estimate-tokens.ts";
import { hasTable } from "./has-table.ts";
import type { QuotedTexts } from "./quote-embedding.ts";

export interface MeasureTextsOptions {
  store: ObjectStore;
  version: DatasetVersion;
  textColumns: readonly string[];
  chunking: { size: number; overlap: number };
  embedderId: string;
  signal?: AbortSignal | undefined;
}

/** A second or two of work; of more rows the first ones stand for the rest. */
const rowsMax = 50_000;
const rowsPerScan = 1_024;
/** As many as one SQL text names elsewhere in this module. */
const hashesPerQuery = 20_000;

/** Cuts the rows as an index would, and looks for each different chunk in the cache. Changes nothing. */
export async function measureTexts(options: MeasureTextsOptions): Promise<QuotedTexts> {
  const { store, version, chunking, embedderId, signal } = options;
  const textColumns = options.textColumns.map(
    (name) => requireColumn(version.columns, name, "text_columns").name,
  );
  const shape = { textColumns, metadataColumns: [], chunking };
  const tokensByHash = new Map<string, number>();
  let rowsRead = 0;
  let chunks = 0;
  for await (const { rowIds, rows } of scanRows({
    store,
    version,
    columns: textColumns,
    batchSize: rowsPerScan,
    signal,
  })) {
    for (const [place, rowId] of rowIds.entries()) {
      for (const { content, totalChunks } of await chunkRow({ rowId, row: rows[place] ?? {} }, shape)) {
        if (totalChunks === 0) continue;
        chunks += 1;
        tokensByHash.set(contentHash(content), estimateTokens(content));
      }
    }
    rowsRead += rowIds.length;
    if (rowsRead >= rowsMax) break;
  }
  const cached = await findCachedHashes(store, { embedderId, hashes: [...tokensByHash.keys()] });
  let tokens = 0;
  for (const [hash, count] of tokensByHash) tokens += cached.has(hash) ? 0 : count;
  return {
    rows: version.rowCount,
    rowsRead,
    chunks,
    distinct: tokensByHash.size,
    cached: cached.size,
    tokens,
  };
}

/** Which of them the cache of the bucket has. It is opened as it stands, and not made where there is none. */
async function findCachedHashes(
  store: ObjectStore,
  { embedderId, hashes }: { embedderId: string; hashes: readonly string[] },
): Promise<Set<string>> {
  const found = new Set<string>();
  if ((await store.size("cache/tables.json")) === undefined) return found;
  const folder = await store.materialize("cache");
  if (!(await hasTable(folder, "emb_cache"))) return found;
  const { connect } = await import("@lancedb/lancedb");
  const connection = await connect(folder);
  try {
    const cache = await connection.openTable("emb_cache");
    const ofEmbedder = `embedder_id = ${sqlLiteral(embedderId)}`;
    for (let first = 0; first < hashes.length; first += hashesPerQuery) {
      const list = hashes
        .slice(first, first + hashesPerQuery)
        .map(sqlLiteral)
        .join(",");
      const query = cache
        .query()
        .where(`content_hash in (${list}) and ${ofEmbedder}`)
        .select(["content_hash"]);
      for await (const batch of query) for (const hash of textValues(batch, "content_hash")) found.add(hash);
    }
    cache.close();
    return found;
  } finally {
    connection.close();
  }
}

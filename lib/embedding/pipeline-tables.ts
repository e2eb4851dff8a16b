import type { Connection, Table } from "@lancedb/lancedb";
import type { Schema } from "apache-arrow";
import { withFileLock } from "../storage/file-lock.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { syncGrownTree } from "../storage/sync-grown-tree.ts";
import { hasTable } from "./has-table.ts";
import { type PipelinePlace, pipelineLock, pipelinePrefix } from "./pipeline-place.ts";

/** The four tables in which one index's rows become vectors. Handles always see the latest version. */
export interface Pipeline {
  readonly index: string;
  readonly place: PipelinePlace;
  readonly documents: Table;
  readonly embeddings: Table;
  readonly meta: Table;
  /** Shared by all indexes of the bucket. */
  readonly cache: Table;
  /** One version of `documents`, as it stays. The caller closes it. */
  openDocumentsAt(version: number): Promise<Table>;
  /** Runs a writing step on this index's three tables; one at a time among all processes. Seconds at most. */
  commit<Result>(task: () => Promise<Result>): Promise<Result>;
  /** The same for the shared cache. */
  commitCache<Result>(task: () => Promise<Result>): Promise<Result>;
  /** Holds a whole sync or backfill, for hours if need be: a second runner gets `busy`, `lock-held`, at once. */
  exclusively<Result>(task: () => Promise<Result>): Promise<Result>;
  /** Makes everything written so far survive a power loss. Lance itself never syncs. */
  sync(): Promise<void>;
  close(): void;
}

export interface OpenPipelineOptions {
  store: ObjectStore;
  index: string;
  /** Another pipeline than the index's first. */
  name?: string | undefined;
  /** The folder of the lock files, outside the bucket. */
  locks: string;
}

/** A step waits this long for another process's step: the longest is a compaction, of seconds per million rows. */
const stepWaitMaxMs = 120_000;

/**
 * Opens a pipeline's tables `documents`, `embeddings` and `meta` (of the index's first one: `indexes/<index>/pipeline/`)
 * and `cache/emb_cache.lance`, and creates those that are missing. They are the only objects of a bucket that an engine writes in place, so the bucket
 * must be a local folder; everything in them can be made again from the dataset.
 */
export async function openPipeline(options: OpenPipelineOptions): Promise<Pipeline> {
  const { store, index, name, locks } = options;
  const place: PipelinePlace = { index, name };
  const lock = pipelineLock(place);
  const folder = await tablesFolder(store, pipelinePrefix(place));
  const cacheFolder = await tablesFolder(store, "cache");
  const stepLock = { folder: locks, name: lock, waitMaxMs: stepWaitMaxMs };
  const cacheLock = { folder: locks, name: "emb_cache", waitMaxMs: stepWaitMaxMs };
  // Loaded on first use: both cost 150 ms that a process without tables should not pay.
  const { connect } = await import("@lancedb/lancedb");
  const { documentsSchema, embCacheSchema, embeddingsSchema, metaSchema } = await import(
    "./pipeline-schema.ts"
  );
  const connection = await connect(folder, { readConsistencyInterval: 0 });
  const cacheConnection = await connect(cacheFolder, { readConsistencyInterval: 0 });
  const { documents, embeddings, meta } = await withFileLock(stepLock, async () => ({
    documents: await openTable({ connection, folder, name: "documents", schema: documentsSchema }),
    embeddings: await openTable({ connection, folder, name: "embeddings", schema: embeddingsSchema }),
    meta: await openTable({ connection, folder, name: "meta", schema: metaSchema }),
  }));
  const cache = await withFileLock(cacheLock, () =>
    openTable({
      connection: cacheConnection,
      folder: cacheFolder,
      name: "emb_cache",
      schema: embCacheSchema,
    }),
  );
  return {
    index,
    place,
    documents,
    embeddings,
    meta,
    cache,
    openDocumentsAt: (version) => connection.openTable("documents", [], { version }),
    commit: (task) => withFileLock(stepLock, task),
    commitCache: (task) => withFileLock(cacheLock, task),
    exclusively: (task) => withFileLock({ folder: locks, name: `${lock}.run`, waitMaxMs: 0 }, task),
    async sync() {
      await syncGrownTree(folder);
      await syncGrownTree(cacheFolder);
    },
    close() {
      for (const table of [documents, embeddings, meta, cache]) table.close();
      connection.close();
      cacheConnection.close();
    },
  };
}

/** The local path of a prefix, which begins to exist with its first object. */
async function tablesFolder(store: ObjectStore, prefix: string): Promise<string> {
  await store.putIfAbsent(`${prefix}/tables.json`, new TextEncoder().encode('{"schemaVersion":1}\n'));
  return store.materialize(prefix);
}

interface TablePlace {
  connection: Connection;
  folder: string;
  name: string;
  schema: Schema;
}

async function openTable({ connection, folder, name, schema }: TablePlace): Promise<Table> {
  return (await hasTable(folder, name))
    ? connection.openTable(name)
    : connection.createEmptyTable(name, schema);
}

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { parquetWriteBuffer } from "hyparquet-writer";
import type { DatasetVersion } from "../../lib/dataset/dataset-version.ts";
import { openPipeline, type Pipeline } from "../../lib/embedding/pipeline-tables.ts";
import { checksumBytes } from "../../lib/storage/checksum.ts";
import { openLocalStore } from "../../lib/storage/local-store.ts";
import type { ObjectStore } from "../../lib/storage/object-store.ts";

export interface PipelineWorld {
  folder: string;
  store: ObjectStore;
  open(index: string): Promise<Pipeline>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A bucket in a temporary folder; everything opened in it is closed, and the folder removed, at the end. */
export async function createPipelineWorld(parent: string = tmpdir()): Promise<PipelineWorld> {
  const folder = await mkdtemp(path.join(parent, "lakefleet-pipeline-"));
  const store = await openLocalStore({ name: "test", root: path.join(folder, "bucket") });
  const opened: Pipeline[] = [];
  return {
    folder,
    store,
    async open(index) {
      const pipeline = await openPipeline({ store, index, locks: path.join(folder, "locks") });
      opened.push(pipeline);
      return pipeline;
    },
    async [Symbol.asyncDispose]() {
      for (const pipeline of opened) pipeline.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export interface TestRow {
  title: string;
  body: string | null;
  kind: string;
}

/** The next version of the dataset `notes`: rows appended, ids dead, or everything replaced. */
export async function writeVersion(
  store: ObjectStore,
  before: DatasetVersion | undefined,
  change: { rows: TestRow[]; dead?: number[]; replace?: boolean },
): Promise<DatasetVersion> {
  const version = (before?.version ?? 0) + 1;
  const firstRowId = before?.nextRowId ?? 0;
  const files = change.replace ? [] : [...(before?.files ?? [])];
  const tombstones = change.replace ? [] : [...(before?.tombstones ?? [])];
  if (change.rows.length > 0) {
    const content = rowFile(change.rows);
    const key = `datasets/notes/data/${version}.parquet`;
    await store.put(key, content);
    files.push({
      key,
      kind: files.length === 0 ? "base" : "delta",
      firstRowId,
      rowCount: change.rows.length,
      byteCount: content.length,
      checksum: checksumBytes(content),
      columns,
    });
  }
  const dead = change.dead ?? [];
  if (dead.length > 0) {
    const data = BigInt64Array.from(dead, BigInt);
    const content = new Uint8Array(
      parquetWriteBuffer({ columnData: [{ name: "row_id", data, type: "INT64" }] }),
    );
    const key = `datasets/notes/tombstones/${version}.parquet`;
    await store.put(key, content);
    tombstones.push({
      key,
      rowCount: dead.length,
      byteCount: content.length,
      checksum: checksumBytes(content),
    });
  }
  const kept = change.replace ? 0 : (before?.rowCount ?? 0);
  return {
    schemaVersion: 1,
    dataset: "notes",
    version,
    columns,
    rowCount: kept + change.rows.length - dead.length,
    nextRowId: firstRowId + change.rows.length,
    files,
    tombstones,
    epoch: change.replace ? version : (before?.epoch ?? 1),
    idColumn: "title",
    textColumns: ["title", "body"],
    metadataColumns: ["kind"],
    tags: [],
    ingest: {
      ingestId: `ingest-${version}`,
      mode: change.replace ? "replace" : "append",
      source: { kind: "rows", name: "test", format: "parquet" },
      contentHash: `blake3:${version}`,
      at: new Date().toISOString(),
      rowsAdded: change.rows.length,
      rowsUpdated: 0,
      rowsRemoved: dead.length,
      rowsRejected: 0,
    },
  };
}

/** Everything that a run has to bring about, without times: what two ways to the same state must agree in. */
export async function pipelineContent(pipeline: Pipeline): Promise<string[]> {
  const lines: string[] = [];
  const columns = [
    "id",
    "doc_id",
    "content",
    "content_hash",
    "embedding_status",
    "embedding_error",
    "total_chunks",
  ];
  for (const row of await pipeline.documents
    .query()
    .select([...columns, "vector"])
    .toArray()) {
    const values = columns.map((column) => row[column]);
    lines.push(
      JSON.stringify([...values, row.vector === null ? null : checksumBytes(String([...row.vector]))]),
    );
  }
  return lines.sort();
}

export function makeRows(count: number): TestRow[] {
  return Array.from({ length: count }, (_, index) => ({
    title: `note ${index}`,
    body: `Row ${index} tells of ${index * 7919} things and ${index % 13} others.`,
    kind: `kind ${index % 3}`,
  }));
}

export const notesDefinition = {
  textColumns: ["body"],
  metadataColumns: ["kind"],
  chunking: { size: 200, overlap: 20 },
  embedderId: "hash-768@1",
};

const columns: DatasetVersion["columns"] = [
  { name: "title", type: "varchar" },
  { name: "body", type: "varchar" },
  { name: "kind", type: "varchar" },
];

function rowFile(rows: readonly TestRow[]): Uint8Array {
  const column = (name: "title" | "body" | "kind") => ({
    name,
    data: rows.map((row) => row[name]),
    type: "STRING" as const,
    nullable: true,
  });
  const columnData = [column("title"), column("body"), column("kind")];
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}

import { randomUUID } from "node:crypto";
import { z } from "zod";
import { sqlLiteral } from "../dataset/sql-quote.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { textValues } from "./arrow-values.ts";
import { hasTable } from "./has-table.ts";
import { forgottenPrefix, listPipelines, type PipelinePlace, pipelinePrefix } from "./pipeline-place.ts";
import type { Pipeline } from "./pipeline-tables.ts";

const Hashes = z.array(z.string());

/** Hashes in one note: a megabyte and a half, which is written as JSON in some milliseconds. */
const hashesPerNote = 20_000;

/**
 * Writes down which texts a pipeline had of rows that are about to leave. It is on disk before the rows go, so that a
 * killed run forgets nothing that is to be forgotten.
 */
export async function noteForgotten(
  store: ObjectStore,
  place: PipelinePlace,
  hashes: ReadonlySet<string>,
): Promise<void> {
  const all = [...hashes];
  for (let first = 0; first < all.length; first += hashesPerNote) {
    const note = JSON.stringify(all.slice(first, first + hashesPerNote));
    await store.put(`${forgottenPrefix(place)}${randomUUID()}.json`, Buffer.from(note));
  }
}

/**
 * Takes the texts that were noted out of the shared cache, but for those that a chunk of any pipeline has. Costs one
 * listing where nothing was noted, else a scan of the hashes of the bucket's chunks, whatever the number of texts.
 */
export async function forgetCached(options: { store: ObjectStore; pipeline: Pipeline }): Promise<number> {
  const { store, pipeline } = options;
  const noted = await Array.fromAsync(store.list(forgottenPrefix(pipeline.place)), ({ key }) => key);
  if (noted.length === 0) return 0;
  const hashes = new Set<string>();
  for (const key of noted) for (const hash of await readHashes(store, key)) hashes.add(hash);
  for (const index of await store.listFolders("indexes/")) {
    for (const place of await listPipelines(store, index)) {
      if (hashes.size === 0) break;
      await withoutHeld(store, place, hashes);
    }
  }
  await removeCached(pipeline, [...hashes]);
  for (const key of noted) await store.delete(key);
  return hashes.size;
}

/** Takes out of the set what a chunk of the pipeline has. */
async function withoutHeld(store: ObjectStore, place: PipelinePlace, hashes: Set<string>): Promise<void> {
  const folder = await store.materialize(pipelinePrefix(place));
  if (!(await hasTable(folder, "documents"))) return;
  const { connect } = await import("@lancedb/lancedb");
  const connection = await connect(folder);
  try {
    const documents = await connection.openTable("documents");
    try {
      const hashed = documents.query().select(["content_hash"]);
      if (hashes.size <= hashesPerPredicate) hashed.where(isOneOf(hashes));
      for await (const batch of hashed) {
        for (const hash of textValues(batch, "content_hash")) hashes.delete(hash);
      }
    } finally {
      documents.close();
    }
  } finally {
    connection.close();
  }
}

/** Hashes named in one SQL text: about 350 kB. */
const hashesPerPredicate = 5_000;

async function removeCached({ cache, commitCache }: Pipeline, hashes: readonly string[]): Promise<void> {
  for (let first = 0; first < hashes.length; first += hashesPerPredicate) {
    const named = hashes.slice(first, first + hashesPerPredicate);
    await commitCache(async () => {
      await cache.delete(isOneOf(named));
    });
  }
}

function isOneOf(hashes: Iterable<string>): string {
  return `content_hash in (${Array.from(hashes, sqlLiteral).join(",")})`;
}

async function readHashes(store: ObjectStore, key: string): Promise<string[]> {
  return Hashes.parse(JSON.parse(Buffer.from(await store.get(key)).toString("utf8")));
}

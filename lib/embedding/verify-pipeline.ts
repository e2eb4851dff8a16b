import type { Table } from "@lancedb/lancedb";
import { DomainError } from "../errors/domain-error.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { textValues, vectorValues } from "./arrow-values.ts";
import { assertLive } from "./assert-live.ts";
import { vectorFault } from "./check-vector.ts";
import { readChunkStates } from "./chunk-states.ts";
import { contentHash } from "./content-hash.ts";
import { type MetaValues, readMeta } from "./pipeline-meta.ts";
import { hasTables, pipelinePrefix } from "./pipeline-place.ts";
import { embeddingStatuses, indexStatuses } from "./pipeline-schema.ts";
import { openPipeline, type Pipeline } from "./pipeline-tables.ts";
import { decideRows } from "./row-states.ts";

export interface PipelineFinding {
  type: string;
  key: string;
  detail: string;
}

export interface VerifyPipelineOptions {
  store: ObjectStore;
  index: string;
  /** Another pipeline than the index's first. */
  name?: string | undefined;
  locks: string;
  /** Also recompute every content hash. */
  deep: boolean;
  signal?: AbortSignal | undefined;
}

/**
 * Says what is wrong with a pipeline's tables: chunks twice or missing, unknown statuses, chunks marked as done without
 * a good vector, lines of `embeddings` twice or missing, and, if deep, content that its hash does not fit. One without
 * tables has no findings. Reads one version of each table, and holds the ids of all chunks.
 */
export async function* verifyPipeline(
  options: VerifyPipelineOptions,
): AsyncGenerator<PipelineFinding, void, undefined> {
  const prefix = pipelinePrefix(options);
  if (!(await hasTables(options.store, options))) return;
  const pipeline = await openPipeline(options);
  try {
    const meta = await readMeta(pipeline);
    for await (const finding of verifyTables({ pipeline, meta, ...options })) {
      yield { ...finding, key: `${prefix}/${finding.key}` };
    }
  } catch (error) {
    if (!(error instanceof DomainError) || error.kind !== "corrupt") throw error;
    yield { type: error.type, key: prefix, detail: error.message };
  } finally {
    pipeline.close();
  }
}

interface Verification {
  pipeline: Pipeline;
  meta: MetaValues;
  deep: boolean;
  signal?: AbortSignal | undefined;
}

async function* verifyTables(verification: Verification): AsyncGenerator<PipelineFinding, void, undefined> {
  const { pipeline, meta } = verification;
  const versions = await pipeline.commit(async () => ({
    documents: await pipeline.openDocumentsAt(await pipeline.documents.version()),
    embeddingCounts: await countEmbeddings(pipeline, meta.embedder_id ?? ""),
  }));
  const { documents, embeddingCounts } = versions;
  try {
    // A sync that was cut leaves some rows' chunks out, but never a part of one row's.
    decideRows(await readChunkStates(documents, meta.embedder_id ?? ""));
    for await (const finding of verifyDocuments({ ...verification, documents, embeddingCounts }))
      yield finding;
    for (const [id, count] of embeddingCounts) {
      if (count <= 0) continue;
      yield { type: "embedding-orphan", key: "embeddings.lance", detail: `${id}: ${count} lines too many` };
    }
  } finally {
    documents.close();
  }
}

/** Takes each chunk's own line out of `embeddingCounts`, so that what stays there is too much. */
async function* verifyDocuments(
  verification: Verification & { documents: Table; embeddingCounts: Map<string, number> },
): AsyncGenerator<PipelineFinding, void, undefined> {
  const { documents, embeddingCounts, meta, deep, signal } = verification;
  const key = "documents.lance";
  for await (const batch of documents.query()) {
    assertLive(signal);
    const [ids, contents, hashes, statuses, indexStates, versions] = [
      textValues(batch, "id"),
      textValues(batch, "content"),
      textValues(batch, "content_hash"),
      textValues(batch, "embedding_status"),
      textValues(batch, "index_status"),
      textValues(batch, "embedding_version"),
    ];
    for (const [index, vector] of vectorValues(batch, "vector").entries()) {
      const [id = "", content = "", status = ""] = [ids[index], contents[index], statuses[index]];
      if (!isOneOf(embeddingStatuses, status) || !isOneOf(indexStatuses, indexStates[index])) {
        yield { type: "chunk-status", key, detail: `${id}: ${status}, ${indexStates[index]}` };
      }
      if (deep && contentHash(content) !== hashes[index]) yield { type: "chunk-hash", key, detail: id };
      if (status !== "ready" || versions[index] !== meta.embedder_id) {
        // A run that was killed between its two commits leaves this; the next run removes it.
        if (embeddingCounts.get(id) === 1) embeddingCounts.delete(id);
        continue;
      }
      const fault =
        vector === undefined || vector.length !== meta.dimension ? "wrong_dimension" : vectorFault(vector);
      if (fault !== undefined) yield { type: "chunk-vector", key, detail: `${id}: ${fault}` };
      const lines = embeddingCounts.get(id) ?? 0;
      embeddingCounts.set(id, lines - 1);
      if (lines === 0) yield { type: "embedding-missing", key: "embeddings.lance", detail: id };
    }
  }
}

async function countEmbeddings(pipeline: Pipeline, embedderId: string): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for await (const batch of pipeline.embeddings.query().select(["id", "embedder_id"])) {
    const embedders = textValues(batch, "embedder_id");
    for (const [index, id] of textValues(batch, "id").entries()) {
      if (embedders[index] === embedderId) counts.set(id, (counts.get(id) ?? 0) + 1);
    }
  }
  return counts;
}

function isOneOf(allowed: readonly string[], value: string | undefined): boolean {
  return value !== undefined && allowed.includes(value);
}

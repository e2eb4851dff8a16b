import type { Table } from "@lancedb/lancedb";
import type { RecordBatch } from "apache-arrow";
import { handledElsewhere } from "../errors/handled-elsewhere.ts";
import { textValues } from "./arrow-values.ts";
import { type CachedVectors, findCached } from "./embedding-cache.ts";
import type { EmbeddingProvider } from "./embedding-provider.ts";
import { findLines } from "./named-lines.ts";
import { inProgress } from "./pending-rows.ts";
import type { Pipeline } from "./pipeline-tables.ts";

/** Chunks that are committed together. */
export interface ClaimedBatch {
  batches: RecordBatch[];
  contents: string[];
  hashes: string[];
  /** What the cache had of these texts while the batch before was being embedded. */
  cached: CachedVectors;
}

/** Chunks in one commit: 12 MB of vectors. Twice as many save 5 % of the CPU and take 200 MB more memory. */
const chunksPerCommit = 4_096;
/** A model on a server takes minutes for as many, and a killed run loses what it has not committed. */
const modelChunksPerCommit = 1_024;

/**
 * The chunks that this run has claimed. The next batch is read, and looked up in the cache, while the caller works on
 * this one: a lookup waits for the vectors that are just being added, and a model's server would wait with it.
 */
export async function* claimedBatches(
  pipeline: Pipeline,
  provider: EmbeddingProvider,
): AsyncGenerator<ClaimedBatch, void, undefined> {
  const source = lookedUp(pipeline, provider);
  const fetch = () => {
    const fetched = source.next();
    handledElsewhere(fetched);
    return fetched;
  };
  let next = fetch();
  try {
    for (;;) {
      const { value, done } = await next;
      if (done) return;
      next = fetch();
      yield value;
    }
  } finally {
    await Promise.allSettled([next]);
    await source.return();
  }
}

async function* lookedUp(
  pipeline: Pipeline,
  provider: EmbeddingProvider,
): AsyncGenerator<ClaimedBatch, void, undefined> {
  for await (const batches of claimedLines(pipeline, provider)) {
    const contents = batches.flatMap((batch) => textValues(batch, "content"));
    const hashes = batches.flatMap((batch) => textValues(batch, "content_hash"));
    const { embedderId } = provider;
    const cached = await findCached(pipeline, { embedderId, hashes: [...new Set(hashes)] });
    yield { batches, contents, hashes, cached };
  }
}

/** Reads the version right after the claim, so that what is committed meanwhile does not move under the scan. */
async function* claimedLines(
  pipeline: Pipeline,
  { serving }: EmbeddingProvider,
): AsyncGenerator<RecordBatch[], void, undefined> {
  const claimed = await pipeline.openDocumentsAt(await pipeline.documents.version());
  const enough = serving === undefined ? chunksPerCommit : modelChunksPerCommit;
  try {
    const named = await findLines(claimed, inProgress);
    if (named === undefined) yield* linesOf(claimed, enough);
    // A condition, even one that names them, is tried on every fragment.
    for (let first = 0; named !== undefined && first < named.length; first += enough) {
      yield await Array.fromAsync(claimed.takeRowIds(named.slice(first, first + enough)));
    }
  } finally {
    claimed.close();
  }
}

async function* linesOf(claimed: Table, enough: number): AsyncGenerator<RecordBatch[], void, undefined> {
  let batches: RecordBatch[] = [];
  let count = 0;
  // Lance gives about a thousand lines at a time.
  for await (const batch of claimed.query().where(inProgress)) {
    if (batch.numRows === 0) continue;
    batches.push(batch);
    count += batch.numRows;
    if (count < enough) continue;
    yield batches;
    batches = [];
    count = 0;
  }
  if (batches.length > 0) yield batches;
}

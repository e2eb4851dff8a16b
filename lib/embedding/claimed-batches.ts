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
/** Long chunks fill a commit sooner: the texts of two commits are in memory, as Arrow has them and as strings. */
const unitsPerCommit = 16_000_000;

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
  const { embedderId } = provider;
  for await (const lines of claimedLines(pipeline)) {
    const hashes = lines.batches.flatMap((batch) => textValues(batch, "content_hash"));
    const cached = await findCached(pipeline, { embedderId, hashes: [...new Set(hashes)] });
    yield { ...lines, hashes, cached };
  }
}

/** Reads the version right after the claim, so that what is committed meanwhile does not move under the scan. */
async function* claimedLines(
  pipeline: Pipeline,
): AsyncGenerator<Pick<ClaimedBatch, "batches" | "contents">, void, undefined> {
  const claimed = await pipeline.openDocumentsAt(await pipeline.documents.version());
  try {
    let batches: RecordBatch[] = [];
    let contents: string[] = [];
    let units = 0;
    for await (const batch of linesOf(claimed, await findLines(claimed, inProgress))) {
      if (batch.numRows === 0) continue;
      const texts = textValues(batch, "content");
      batches.push(batch);
      contents.push(...texts);
      units += texts.reduce((sum, text) => sum + text.length, 0);
      if (contents.length < chunksPerCommit && units < unitsPerCommit) continue;
      yield { batches, contents };
      batches = [];
      contents = [];
      units = 0;
    }
    if (batches.length > 0) yield { batches, contents };
  } finally {
    claimed.close();
  }
}

/** As many as Lance gives at a time by itself. */
const linesPerTake = 1_024;

async function* linesOf(
  claimed: Table,
  named: readonly bigint[] | undefined,
): AsyncGenerator<RecordBatch, void, undefined> {
  if (named === undefined) yield* claimed.query().where(inProgress);
  // A condition, even one that names them, is tried on every fragment.
  for (let first = 0; named !== undefined && first < named.length; first += linesPerTake) {
    yield* claimed.takeRowIds(named.slice(first, first + linesPerTake));
  }
}

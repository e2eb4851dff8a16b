import type { Table } from "@lancedb/lancedb";
import { sqlLiteral } from "../dataset/sql-quote.ts";
import { numberValues, rowAddresses, textValues } from "./arrow-values.ts";
import { namedMax, nameLines, namesOf } from "./named-lines.ts";
import type { Pipeline } from "./pipeline-tables.ts";

/** A chunk without a letter or a digit has no vector under any try, so it is not tried again by the same embedder. */
export const noFeatures = "no_features";

/** The chunks that an embedder still owes a vector: new ones, failed ones, taken ones. */
export interface PendingChunks {
  count: number;
  /** Of these: chunks that some run had in hand before. */
  takenCount: number;
  /** A condition that means them in this version of `documents`. */
  where: string;
  documentsVersion: number;
}

/** One reading of `documents`, whatever their number. */
export async function findPending({ documents }: Pipeline, embedderId: string): Promise<PendingChunks> {
  const documentsVersion = await documents.version();
  const where = pendingOf(embedderId);
  const isTaken = `cast((${inProgress} or ${doneByOtherThan(embedderId)}) as int)`;
  const addresses: bigint[] = [];
  let [count, takenCount] = [0, 0];
  const lines = documents
    .query()
    .where(where)
    .select(new Map([["is_taken", isTaken]]));
  for await (const batch of lines.withRowId()) {
    count += batch.numRows;
    for (const taken of numberValues(batch, "is_taken")) takenCount += taken;
    if (count <= namedMax) addresses.push(...rowAddresses(batch));
  }
  return { count, takenCount, where: count <= namedMax ? namesOf(addresses) : where, documentsVersion };
}

/** Marks the chunks that were found as `in_progress`, in one commit. */
export async function claimPending(
  pipeline: Pipeline,
  embedderId: string,
  found: PendingChunks,
): Promise<number> {
  return pipeline.commit(async () => {
    const { documents } = pipeline;
    const isSame = found.documentsVersion === (await documents.version());
    const { count, takenCount, where } = isSame ? found : await findPending(pipeline, embedderId);
    if (count === 0) return 0;
    const { rowsUpdated } = await documents.update({ where, values: { embedding_status: "in_progress" } });
    // Only chunks that some run had in hand before can have a line in `embeddings` already.
    if (takenCount > 0) await removeClaimedEmbeddings(pipeline, embedderId);
    return rowsUpdated;
  });
}

function pendingOf(embedderId: string): string {
  return [
    "embedding_status in ('new', 'in_progress')",
    `(embedding_status = 'error' and (embedding_version <> ${sqlLiteral(embedderId)} or embedding_error <> '${noFeatures}'))`,
    doneByOtherThan(embedderId),
  ].join(" or ");
}

function doneByOtherThan(embedderId: string): string {
  return `(embedding_status = 'ready' and total_chunks > 0 and embedding_version <> ${sqlLiteral(embedderId)})`;
}

/** Gives back what a run that ends early has not come to. */
export async function releaseClaim(pipeline: Pipeline, embedderId: string): Promise<void> {
  await pipeline.commit(async () => {
    await removeClaimedEmbeddings(pipeline, embedderId);
    const where = await nameLines(pipeline.documents, inProgress);
    await pipeline.documents.update({ where, values: { embedding_status: "new" } });
  });
}

export const inProgress = "embedding_status = 'in_progress'";

/** Ids named in one SQL text: about 300 kB, which Lance parses in 100 ms. */
const idsPerPredicate = 20_000;

/**
 * Takes lines out of `embeddings` that are about to be written again: those of a batch whose run ended between the
 * two commits, and those of an embedder that an index comes back to.
 */
async function removeClaimedEmbeddings(pipeline: Pipeline, embedderId: string): Promise<void> {
  const claimed = new Set<string>();
  await eachId(pipeline.documents, inProgress, (id) => claimed.add(id));
  if (claimed.size === 0) return;
  const ofEmbedder = `embedder_id = ${sqlLiteral(embedderId)}`;
  const written: string[] = [];
  await eachId(pipeline.embeddings, ofEmbedder, (id) => {
    if (claimed.has(id)) written.push(sqlLiteral(id));
  });
  for (let first = 0; first < written.length; first += idsPerPredicate) {
    const ids = written.slice(first, first + idsPerPredicate).join(",");
    await pipeline.embeddings.delete(`${ofEmbedder} and id in (${ids})`);
  }
}

async function eachId(table: Table, where: string, visit: (id: string) => void): Promise<void> {
  for await (const batch of table.query().where(where).select(["id"])) {
    for (const id of textValues(batch, "id")) visit(id);
  }
}

import type { Table } from "@lancedb/lancedb";
import { sqlLiteral } from "../dataset/sql-quote.ts";
import { textValues } from "./arrow-values.ts";
import { nameLines } from "./named-lines.ts";
import type { Pipeline } from "./pipeline-tables.ts";

/** A chunk without a letter or a digit has no vector under any try, so it is not tried again by the same embedder. */
export const noFeatures = "no_features";

/** The chunks that this embedder still owes a vector. */
export async function countPending({ documents }: Pipeline, embedderId: string): Promise<number> {
  return documents.countRows(pendingOf(embedderId));
}

/**
 * Marks every chunk that this embedder still owes a vector as `in_progress`, in one commit: new ones, failed ones,
 * those that a killed run had taken, and those that another embedder had done.
 */
export async function claimPending(pipeline: Pipeline, embedderId: string): Promise<number> {
  const where = pendingOf(embedderId);
  const doneByOther = doneByOtherThan(embedderId);
  return pipeline.commit(async () => {
    const { documents } = pipeline;
    // Only chunks that some run had in hand before can have a line in `embeddings` already.
    const taken = await documents.countRows(`${inProgress} or ${doneByOther}`);
    const { rowsUpdated } = await documents.update({
      where: await nameLines(documents, where),
      values: { embedding_status: "in_progress" },
    });
    if (taken > 0) await removeClaimedEmbeddings(pipeline, embedderId);
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

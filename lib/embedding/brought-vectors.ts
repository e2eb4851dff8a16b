import type { PlainValue } from "../dataset/plain-value.ts";
import { failpoint } from "../storage/failpoint.ts";
import { arrowTable, repeatedText, textColumn, timeColumn, vectorColumn } from "./arrow-columns.ts";
import { contentHash } from "./content-hash.ts";
import { type BroughtVectors, type DocumentRow, newDocuments } from "./document-rows.ts";
import { embeddingsSchema } from "./pipeline-schema.ts";
import type { Pipeline } from "./pipeline-tables.ts";
import { rowIdSql } from "./row-predicate.ts";

/** Reads the rows' stored vectors (base64 of 32-bit floats), each brought to length 1. */
export function readBroughtVectors(
  values: readonly PlainValue[],
  settings: { embedderId: string; dimension: number },
): BroughtVectors {
  const { embedderId, dimension } = settings;
  const vectors = new Float32Array(values.length * dimension);
  const errors = values.map((value, place) =>
    readInto(value, vectors.subarray(place * dimension, (place + 1) * dimension)),
  );
  return { embedderId, dimension, vectors, errors, at: Date.now() };
}

/** Why the vector cannot be stored, or null where it has been. */
function readInto(value: PlainValue, target: Float32Array): string | null {
  if (typeof value !== "string") return "no_vector";
  const bytes = Buffer.from(value, "base64");
  if (bytes.length !== target.length * 4) return "wrong_dimension";
  let square = 0;
  for (let place = 0; place < target.length; place += 1) {
    const component = bytes.readFloatLE(place * 4);
    target[place] = component;
    square += component * component;
  }
  if (!Number.isFinite(square)) return "not_finite";
  if (square === 0) return "zero";
  const length = Math.sqrt(square);
  for (let place = 0; place < target.length; place += 1) target[place] = target[place]! / length;
  return null;
}

/** Adds rows with their vectors. `ready` last: a chunk that says so has its line in `embeddings`. */
export async function addBrought(
  pipeline: Pipeline,
  rows: readonly DocumentRow[],
  brought: BroughtVectors,
): Promise<void> {
  const { dimension, embedderId, at, errors } = brought;
  const good = rows.flatMap((row, place) => (errors[place] === null ? [{ ...row, place }] : []));
  const vectors = new Float32Array(good.length * dimension);
  for (const [position, { place }] of good.entries()) {
    vectors.set(brought.vectors.subarray(place * dimension, (place + 1) * dimension), position * dimension);
  }
  if (good.length > 0) {
    const lines = arrowTable(embeddingsSchema, [
      textColumn(good.map((row) => `${row.rowId}-${row.chunkIndex}`)),
      repeatedText(embedderId, good.length),
      textColumn(good.map((row) => contentHash(row.content))),
      timeColumn(good.map(() => at)),
      vectorColumn({ vectors, dimension, present: good.map(() => true) }),
    ]);
    await pipeline.embeddings.add(lines);
  }
  failpoint("embed.between-brought");
  await pipeline.documents.add(newDocuments(rows, brought));
}

/** Takes out the lines of rows that are not in `documents` yet: a run that was killed between its two tables left them. */
export async function removeUnfinished(pipeline: Pipeline, afterRowId: number): Promise<void> {
  await pipeline.embeddings.delete(`${rowIdSql} > ${afterRowId}`);
}

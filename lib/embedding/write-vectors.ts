import type { Data, RecordBatch } from "apache-arrow";
import { arrow } from "../dataset/arrow.ts";
import { arrowBatch, repeatedText, textColumn, timeColumn, vectorColumn } from "./arrow-columns.ts";
import { textValues } from "./arrow-values.ts";
import { documentsSchema, embeddingsSchema } from "./pipeline-schema.ts";
import type { Pipeline } from "./pipeline-tables.ts";

/** Lines of `documents` as they were read, with what was found for them. */
export interface EmbeddedPart {
  batch: RecordBatch;
  /** One for each line, back to back; only those of lines without an error are meant. */
  vectors: Float32Array;
  errors: readonly (string | null)[];
}

export interface EmbeddedChunks {
  parts: readonly EmbeddedPart[];
  embedderId: string;
  dimension: number;
  /** Milliseconds since 1970. */
  at: number;
}

/** Gives each of the batches its own part of what was found for all of them. */
export function splitVectors(
  batches: readonly RecordBatch[],
  found: Pick<EmbeddedPart, "vectors" | "errors">,
): EmbeddedPart[] {
  const dimension = found.vectors.length / found.errors.length;
  let first = 0;
  return batches.map((batch) => {
    const end = first + batch.numRows;
    const vectors = found.vectors.subarray(first * dimension, end * dimension);
    const errors = found.errors.slice(first, end);
    first = end;
    return { batch, vectors, errors };
  });
}

/** Adds a line for every vector, in one commit. */
export async function addEmbeddings(pipeline: Pipeline, chunks: EmbeddedChunks): Promise<void> {
  const { parts, embedderId, dimension, at } = chunks;
  const batches = parts.flatMap(({ batch, vectors, errors }) => {
    const good = [...errors.keys()].filter((line) => errors[line] === null);
    if (good.length === 0) return [];
    const columns = [
      pickTexts(batch, "id", good),
      repeatedText(embedderId, good.length),
      pickTexts(batch, "content_hash", good),
      timeColumn(good.map(() => at)),
      vectorColumn({
        vectors: pickVectors({ vectors, dimension, lineCount: batch.numRows }, good),
        dimension,
        present: good.map(() => true),
      }),
    ];
    return [arrowBatch(embeddingsSchema, columns)];
  });
  if (batches.length > 0) await pipeline.embeddings.add(new arrow.Table(batches));
}

/** Replaces the lines whole, in one commit: columns that stay are passed on as they were read. Dead rows stay dead. */
export async function updateDocuments(pipeline: Pipeline, chunks: EmbeddedChunks): Promise<void> {
  const { parts, embedderId, dimension, at } = chunks;
  const batches = parts.map(({ batch, vectors, errors }) => {
    const present = errors.map((error) => error === null);
    const changed = new Map([
      ["vector", vectorColumn({ vectors, dimension, present })],
      ["embedding_status", textColumn(present.map((isPresent) => (isPresent ? "ready" : "error")))],
      ["embedding_error", textColumn(errors)],
      ["embedding_version", repeatedText(embedderId, errors.length)],
      ["embedded_at", timeColumn(present.map((isPresent) => (isPresent ? at : null)))],
    ]);
    const columns = documentsSchema.fields.map(({ name }) => changed.get(name) ?? columnOf(batch, name));
    return arrowBatch(documentsSchema, columns);
  });
  await pipeline.documents
    .mergeInsert("id")
    .whenMatchedUpdateAll()
    .useIndex(false)
    .execute(new arrow.Table(batches));
}

/** The column as it was read, or the given lines of it. */
function pickTexts(batch: RecordBatch, name: string, lines: readonly number[]): Data {
  if (lines.length === batch.numRows) return columnOf(batch, name);
  const values = textValues(batch, name);
  return textColumn(lines.map((line) => values[line] ?? ""));
}

function columnOf(batch: RecordBatch, name: string): Data {
  const column = batch.getChild(name)?.data[0];
  if (column === undefined) throw new Error(`documents has no column ${name}`);
  return column;
}

function pickVectors(
  all: { vectors: Float32Array; dimension: number; lineCount: number },
  lines: readonly number[],
): Float32Array {
  const { vectors, dimension, lineCount } = all;
  if (lines.length === lineCount) return vectors;
  const kept = new Float32Array(lines.length * dimension);
  for (const [position, line] of lines.entries()) {
    kept.set(vectors.subarray(line * dimension, (line + 1) * dimension), position * dimension);
  }
  return kept;
}

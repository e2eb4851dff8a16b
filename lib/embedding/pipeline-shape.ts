import { findColumn, requireColumn } from "../dataset/column-names.ts";
import type { DatasetVersion } from "../dataset/dataset-version.ts";
import { checksumBytes } from "../storage/checksum.ts";
import type { PipelineDefinition, RowNaming } from "./chunk-row.ts";

/** A definition in the words of one dataset version. */
export type PipelineShape = PipelineDefinition & RowNaming;

/** The definition with the dataset's own spelling of its columns. Throws `invalid`, `column-unknown`. */
export function shapeOf(
  { textColumns, metadataColumns, chunking, embedderId, vectors }: PipelineDefinition,
  version: DatasetVersion,
): PipelineShape {
  const { columns } = version;
  const column = vectors && requireColumn(columns, vectors.column, "vector_column").name;
  return {
    embedderId,
    vectors: vectors && column !== undefined ? { column, dimension: vectors.dimension } : undefined,
    textColumns: textColumns.map((name) => requireColumn(columns, name, "text_columns").name),
    metadataColumns: metadataColumns.map((name) => requireColumn(columns, name, "metadata_columns").name),
    chunking: { size: chunking.size, overlap: chunking.overlap },
    idColumn: version.idColumn,
    pathColumn: findColumn(columns, "path")?.name,
  };
}

/** The columns that chunks are made of. */
export function columnsOf(shape: PipelineShape): string[] {
  const { textColumns, idColumn, pathColumn, metadataColumns, vectors } = shape;
  const wanted = [...textColumns, idColumn, pathColumn, metadataColumns[0], vectors?.column];
  return [...new Set(wanted.filter((column) => column !== undefined))];
}

/** The same for as long as the same rows give the same chunks. */
export function hashShape(shape: PipelineShape): string {
  const { textColumns, chunking, metadataColumns, idColumn, pathColumn, embedderId, vectors } = shape;
  const { size, overlap } = chunking;
  const shaping = [textColumns, size, overlap, metadataColumns[0], idColumn, pathColumn];
  const brought = vectors === undefined ? [] : [embedderId, vectors.column, vectors.dimension];
  return checksumBytes(JSON.stringify([...shaping, ...brought]));
}

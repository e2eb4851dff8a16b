import { fileWriter, ParquetWriter } from "hyparquet-writer";
import { layoutEntry, vectorBytes, vectorColumn, vectorsPerGroup } from "../format/parquet-layout.ts";

export interface ParquetVectorWriter {
  /** Copies the vectors; memory stays at a few row groups of 8 MiB. */
  write(vectors: Float32Array): void;
  finish(): void;
}

/** Writes `vectors.parquet` with synchronous file calls: for worker threads. The file is not synced. */
export function createParquetVectorWriter(path: string, dimension: number): ParquetVectorWriter {
  const groupValues = vectorsPerGroup(dimension) * dimension;
  const group = new Float32Array(groupValues);
  let filled = 0;
  const parquet = new ParquetWriter({
    writer: fileWriter(path),
    schema: [
      { name: "root", num_children: 1 },
      {
        name: vectorColumn,
        type: "FIXED_LEN_BYTE_ARRAY",
        type_length: vectorBytes(dimension),
        repetition_type: "REQUIRED",
      },
    ],
    codec: "UNCOMPRESSED",
    statistics: false,
    kvMetadata: [layoutEntry],
    createdBy: "lakefleet",
  });

  const writeGroup = () => {
    if (filled === 0) return;
    const data = sliceVectors(group, filled / dimension, dimension);
    parquet.write({
      columnData: [{ name: vectorColumn, data, encoding: "PLAIN", offsetIndex: false }],
      rowGroupSize: data.length,
      // Zero means a single page, which the layout promises.
      pageSize: 0,
    });
    filled = 0;
  };

  return {
    write(vectors) {
      for (let from = 0; from < vectors.length; ) {
        const part = vectors.subarray(from, from + groupValues - filled);
        group.set(part, filled);
        filled += part.length;
        from += part.length;
        if (filled === groupValues) writeGroup();
      }
    },
    finish() {
      writeGroup();
      parquet.finish();
    },
  };
}

function sliceVectors(group: Float32Array, count: number, dimension: number): Uint8Array[] {
  const bytes = vectorBytes(dimension);
  return Array.from({ length: count }, (_, row) => new Uint8Array(group.buffer, row * bytes, bytes));
}

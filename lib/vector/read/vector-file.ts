import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { type FileMetaData, parquetMetadata } from "hyparquet";
import { layoutEntry, vectorBytes, vectorsPerGroup } from "../format/parquet-layout.ts";
import { damagedIndex } from "./vector-index-errors.ts";

/** `vectors.parquet`, opened: any run of vectors is one positioned read, and nothing stays in memory. */
export interface VectorFile {
  readonly vectorCount: number;
  readonly dimension: number;
  /** Vectors that lie back to back; a run never crosses a multiple of it. */
  readonly vectorsPerGroup: number;
  /**
   * Reads `count` vectors from `ordinal` on into `target`, from its value `offset` on. Synchronous: 2 µs a run from the
   * page cache. `damaged` if the file has become shorter.
   */
  readRun(ordinal: number, count: number, target: Float32Array, offset: number): void;
  close(): void;
}

/** Opens the file after checking its footer, layout and length against what the manifest says. */
export function openVectorFile(path: string, dimension: number, vectorCount: number): VectorFile {
  const descriptor = openVectors(path);
  try {
    const groupOffsets = readGroupOffsets(descriptor, path, dimension, vectorCount);
    return vectorFile(descriptor, path, dimension, vectorCount, groupOffsets);
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

function openVectors(path: string): number {
  try {
    return openSync(path, "r");
  } catch (cause) {
    throw damagedIndex(`${path} cannot be opened.`, cause);
  }
}

function vectorFile(
  descriptor: number,
  path: string,
  dimension: number,
  vectorCount: number,
  groupOffsets: Float64Array,
): VectorFile {
  const perGroup = vectorsPerGroup(dimension);
  const stride = vectorBytes(dimension);
  let open = true;
  return {
    vectorCount,
    dimension,
    vectorsPerGroup: perGroup,
    readRun(ordinal, count, target, offset) {
      const group = Math.floor(ordinal / perGroup);
      const position = groupOffsets[group]! + (ordinal - group * perGroup) * stride;
      const bytes = new Uint8Array(target.buffer, target.byteOffset + offset * 4, count * stride);
      readFully(descriptor, bytes, position, path);
    },
    close() {
      if (open) closeSync(descriptor);
      open = false;
    },
  };
}

function readGroupOffsets(descriptor: number, path: string, dimension: number, vectorCount: number) {
  const metadata = readFooter(descriptor, path);
  const promised = metadata.key_value_metadata?.some(
    ({ key, value }) => key === layoutEntry.key && value === layoutEntry.value,
  );
  const stride = vectorBytes(dimension);
  const leaf = metadata.schema[1];
  if (!promised || leaf?.type !== "FIXED_LEN_BYTE_ARRAY" || leaf.type_length !== stride) {
    throw damagedIndex(`${path} does not hold vectors of ${dimension} values in the layout of this index.`);
  }
  if (Number(metadata.num_rows) !== vectorCount) {
    throw damagedIndex(`${path} holds ${metadata.num_rows} vectors instead of ${vectorCount}.`);
  }
  const perGroup = vectorsPerGroup(dimension);
  return Float64Array.from(metadata.row_groups, (group, index) => {
    const rows = Math.min(perGroup, vectorCount - index * perGroup);
    const column = group.columns[0]?.meta_data;
    if (column === undefined || Number(group.num_rows) !== rows) {
      throw damagedIndex(`Row group ${index} of ${path} does not hold ${rows} vectors.`);
    }
    // The values end the chunk; what comes before them is the header of its only page.
    const end = Number(column.data_page_offset) + Number(column.total_compressed_size);
    return end - rows * stride;
  });
}

function readFooter(descriptor: number, path: string): FileMetaData {
  const size = fstatSync(descriptor).size;
  const tail = new Uint8Array(8);
  if (size < 12) throw damagedIndex(`${path} is too short to be a Parquet file.`);
  readFully(descriptor, tail, size - 8, path);
  const footerBytes = new DataView(tail.buffer).getUint32(0, true) + 8;
  if (footerBytes > size - 4) throw damagedIndex(`${path} is cut short.`);
  const footer = new Uint8Array(footerBytes);
  readFully(descriptor, footer, size - footerBytes, path);
  try {
    return parquetMetadata(footer);
  } catch (cause) {
    throw damagedIndex(`The footer of ${path} cannot be read.`, cause);
  }
}

function readFully(descriptor: number, target: Uint8Array, position: number, path: string): void {
  for (let filled = 0; filled < target.length; ) {
    const got = readSync(descriptor, target, filled, target.length - filled, position + filled);
    if (got === 0) throw damagedIndex(`${path} is cut short.`);
    filled += got;
  }
}

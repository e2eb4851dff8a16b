/** The only column of `vectors.parquet`: FIXED_LEN_BYTE_ARRAY of `dimension` little-endian f32. */
export const vectorColumn = "vector";

/**
 * Footer entry that promises one uncompressed PLAIN data page per row group, and no other page. The values of a group
 * are then its last `rows × dimension × 4` bytes, back to back, and one vector is one positioned read.
 */
export const layoutEntry = { key: "lakefleet.layout", value: "one-plain-page-per-row-group@1" };

// One group is buffered whole while writing; a million vectors of 768 values still fit in under 400 groups.
const groupBytesMax = 8 * 1024 * 1024;

export function vectorBytes(dimension: number): number {
  return dimension * Float32Array.BYTES_PER_ELEMENT;
}

/** Vectors in every row group but the last. */
export function vectorsPerGroup(dimension: number): number {
  return Math.max(1, Math.floor(groupBytesMax / vectorBytes(dimension)));
}

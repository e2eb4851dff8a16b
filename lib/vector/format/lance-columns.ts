import type { MetadataColumn } from "./vector-block.ts";

/** Own columns of the table; the underscore keeps them apart from the metadata beside them. */
export const lanceColumns = { ordinal: "_ordinal", vector: "_vector", distance: "_distance" } as const;

// Lance reads a dot as the path into a nested column, and keeps names with a leading underscore to itself.
const storableName = /^[\p{L}\p{N}][\p{L}\p{N}_ -]*$/u;

/**
 * Whether every column can stand in a Lance table under its own name. Otherwise none is stored, and filters work by
 * ordinals alone.
 */
export function canStoreMetadata(columns: readonly MetadataColumn[]): boolean {
  const names = new Set(columns.map(({ name }) => name.toLowerCase()));
  return names.size === columns.length && columns.every(({ name }) => storableName.test(name));
}

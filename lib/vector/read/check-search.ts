import { DomainError } from "../../errors/domain-error.ts";
import type { VectorSearch } from "../vector-index.ts";

/** Refuses a query or setting that no index of this shape can answer. */
export function checkSearch(
  query: Float32Array,
  { k, effort, filter }: VectorSearch,
  index: { dimension: number; vectorCount: number },
): void {
  if (query.length !== index.dimension) {
    throw new DomainError({
      kind: "invalid",
      type: "vector-dimension",
      field: "vector",
      message: `The query has ${query.length} values; this index holds vectors of ${index.dimension}.`,
      remedy: "Embed the query with the embedder of the index.",
    });
  }
  let square = 0;
  for (const value of query) square += value * value;
  if (!(square > 0 && Number.isFinite(square))) {
    throw new DomainError({
      kind: "invalid",
      type: "vector-value",
      field: "vector",
      message: "The query vector is zero or holds a value that is not a finite number.",
    });
  }
  checkCount("k", k);
  if (effort !== undefined) checkCount("effort", effort);
  if (filter !== undefined && filter.bits.length * 32 < index.vectorCount) {
    throw new DomainError({
      kind: "invalid",
      type: "filter-size",
      field: "filter",
      message: `The filter covers ${filter.bits.length * 32} rows of ${index.vectorCount}; it belongs to another generation.`,
    });
  }
}

function checkCount(field: "k" | "effort", value: number): void {
  if (Number.isInteger(value) && value > 0) return;
  throw new DomainError({
    kind: "invalid",
    type: `search-${field}`,
    field,
    message: `${field} must be a whole number above 0, not ${value}.`,
  });
}

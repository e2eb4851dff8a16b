/** Names inside the folder of one built vector index. */
export const vectorFiles = {
  /** Every vector as it came, row number = ordinal; see `parquet-layout.ts`. */
  parquet: "vectors.parquet",
  graph: { usearch: "graph.usearch", hnswlib: "graph.hnswlib" },
  /** LanceDB adds `.lance` to a table's name. */
  lanceTable: "vectors",
} as const;

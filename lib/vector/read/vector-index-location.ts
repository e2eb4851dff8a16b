/** Where a built index lies, and what the manifest says of it. */
export interface VectorIndexLocation {
  folder: string;
  dimension: number;
  vectorCount: number;
}

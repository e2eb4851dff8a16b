/** Something of a dataset that is not as it must be. */
export interface DatasetFinding {
  /** Stable: `commit-damaged`, `file-missing`, `file-checksum`, `row-count`, `tombstone-repeated`, … */
  kind: string;
  /** The object in which the damage stands. */
  key: string;
  detail: string;
}

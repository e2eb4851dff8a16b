/** The text of one JSON row and where it stands. */
export interface RawRow {
  bytes: Uint8Array;
  /** Lines and rows count from 1, bytes from 0. */
  line: number;
  row: number;
  byte: number;
  /** Set where the text was not even looked at: too long or nested too deeply. */
  trouble?: "json-depth" | "json-row-size";
}

/** What the scan thread is started with. */
export interface ScanThreadData {
  path: string;
  dimension: number;
  vectorCount: number;
}

export interface ScanOrder {
  kind: "scan";
  id: number;
  query: Float32Array;
  k: number;
  /** Allowed rows; absent means all. */
  bits: Uint32Array | undefined;
}

/** `cancel` drops an order that has not begun. */
export type ScanRequest = ScanOrder | { kind: "cancel"; id: number };

export type ScanReply =
  | { id: number; ordinals: Uint32Array; scores: Float32Array }
  | { id: number; problem: string };

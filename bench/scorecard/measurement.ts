import type { Setting } from "./contender.ts";

export type Phase = "build" | "search" | "append";

/** How busy the machine was over the minute before a phase. */
interface Measured {
  loadBefore: number;
}

export interface BuildMeasurement extends Measured {
  seconds: number;
  /** Of all threads: on a busy machine only this compares. */
  processorSeconds: number;
  peakRssMib: number;
  diskBytes: number;
}

export interface SettingMeasurement {
  role: "default" | "usual" | "reaching";
  setting: Setting;
  recall: number;
  p50Ms: number;
  p95Ms: number;
}

export interface SearchMeasurement extends Measured {
  coldOpenMs: number;
  coldFirstMs: number;
  /** Bytes that stayed in the page cache although they were to be dropped. */
  residentBytes: number;
  /** `reaching` is the first rung of the ladder that has the recall; absent where none has it. */
  settings: SettingMeasurement[];
  fetch: { p50Ms: number; p95Ms: number } | null;
  peakRssMib: number;
}

export interface AppendMeasurement extends Measured {
  count: number;
  seconds: number;
  processorSeconds: number;
  /** Of the appended vectors that were asked for, the share that was its own nearest. */
  foundShare: number;
  /** What the folder has grown by. */
  grownBytes: number;
}

/** What one row has so far. */
export interface RowMeasurement {
  label: string;
  build?: BuildMeasurement;
  search?: SearchMeasurement;
  append?: AppendMeasurement;
}

export const recallWanted = 0.98;

import type { Workload } from "./workload.ts";

/** Where a contender keeps its files, and the vectors and queries that all of them share. */
export interface Stage {
  folder: string;
  workload: Workload;
}

/** The numbers that a search is turned by, such as `{ ef: 64 }`. */
export type Setting = Readonly<Record<string, number>>;

/** One row of the scorecard. */
export interface Contender {
  label: string;
  defaultSetting: Setting;
  /** One more at which it is usually compared. */
  usualSetting?: Setting;
  /** From cheap to dear: climbed until the recall is reached. Empty where there is nothing to turn. */
  ladder: readonly Setting[];
  /** Fills the folder. Absent where another row's files are served. */
  build?(stage: Stage): Promise<void>;
  /** What happens before the clock of a cold load starts, such as the start of a fleet. */
  prepare?(stage: Stage): Promise<void>;
  open(stage: Stage): Promise<OpenContender>;
  /** Adds the workload's further vectors to what was built, until a search that opens it anew finds them. */
  append?(stage: Stage): Promise<void>;
}

export interface OpenContender {
  /** Row numbers of the `k` nearest. */
  search(query: Float32Array, k: number, setting: Setting): Ordinals | Promise<Ordinals>;
  /** The text and the metadata of one row by its id; absent where the engine keeps none. */
  fetch?(row: number): Promise<string>;
  /** Where another process does the work, that process. */
  peakRssMib?(): number;
  close(): Promise<void>;
}

export type Ordinals = ArrayLike<number>;

export function describeSetting(setting: Setting): string {
  const parts = Object.entries(setting).map(([name, value]) => `${name} ${value}`);
  return parts.join(", ");
}

/** Told how many of a build's chunks are in, and how its time grows with them (see `buildGrowth`). */
export type BuildProgress = (advance: {
  done: number;
  total: number;
  unit: "chunks";
  growth: number;
}) => void;

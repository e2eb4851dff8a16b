import type { RowState } from "../accounting.ts";

/** How far one chunk has come in the pipeline. */
export interface ChunkProgress {
  /** 0 for the one line of a row without text. */
  totalChunks: number;
  status: "new" | "in_progress" | "ready" | "error";
  /** Why it failed. */
  error: string | undefined;
}

/** A chunk without a letter or a digit: there is nothing in it that a search could find. */
const noFeatures = "no_features";

/**
 * Where a row stands, from all of its chunks. It is indexed when each chunk that could have a vector has one; a row
 * with a failed chunk is failed although its other chunks are found.
 */
export function classifyRow(chunks: readonly ChunkProgress[]): RowState {
  const [first] = chunks;
  if (first === undefined) return { state: "pending" };
  if (first.totalChunks === 0) return { state: "excluded", reason: "empty_text" };
  const failed = chunks.filter((chunk) => chunk.status === "error");
  const failure = failed.find((chunk) => chunk.error !== noFeatures);
  if (failure !== undefined) return { state: "failed", reason: failure.error ?? "unknown" };
  const ready = chunks.filter((chunk) => chunk.status === "ready");
  if (ready.length + failed.length < first.totalChunks) return { state: "pending" };
  return ready.length > 0 ? { state: "indexed" } : { state: "failed", reason: noFeatures };
}

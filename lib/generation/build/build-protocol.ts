import { DomainError, type DomainErrorDetails } from "../../errors/domain-error.ts";
import type { IndexParameters } from "../../vector/index-parameters.ts";
import type { MetadataColumn } from "../format/row-store-layout.ts";
import type { ChunkRecord } from "./write-row-store.ts";

/** A segment that is to be built. */
export interface SegmentBuild {
  /** An empty folder on the disk that the segment will be published to. */
  folder: string;
  parameters: IndexParameters;
  dimension: number;
  /** How many chunks will come. */
  vectorCount: number;
  columns: MetadataColumn[];
  threads: number;
  /** Build no structure over the vectors. */
  flat: boolean;
}

/** Consecutive chunks of whole-indexed rows, ascending by row id over all blocks, with their vectors. */
export interface ChunkBlock {
  chunks: ChunkRecord[];
  /** One vector per chunk, back to back, in a buffer of its own. */
  vectors: Float32Array<ArrayBuffer>;
}

export type ToBuildThread = { kind: "chunks"; block: ChunkBlock } | { kind: "end" } | { kind: "abort" };

export type FromBuildThread =
  /** A message has been dealt with: there is room for one more. */
  | { kind: "taken" }
  | { kind: "progress"; done: number }
  | { kind: "done" }
  | { kind: "failed"; failure: ThreadFailure };

/** An error on its way between threads, which keep an error's text and lose its class. */
export interface ThreadFailure {
  message: string;
  details: DomainErrorDetails | undefined;
}

export function buildCancelled(signal: AbortSignal | undefined): DomainError {
  return new DomainError({
    kind: "cancelled",
    type: "build-cancelled",
    message: "The build was cancelled.",
    cause: signal?.reason,
  });
}

export function failureFrom(error: unknown): ThreadFailure {
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  if (!(error instanceof DomainError)) return { message, details: undefined };
  const { kind, type, field, place, remedy, retryAfterSeconds } = error;
  return {
    message,
    details: { kind, type, message: error.message, field, place, remedy, retryAfterSeconds },
  };
}

export function errorFrom({ message, details }: ThreadFailure): Error {
  return details === undefined ? new Error(`The build thread failed: ${message}`) : new DomainError(details);
}

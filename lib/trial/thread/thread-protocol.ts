import { DomainError, type DomainErrorDetails } from "../../errors/domain-error.ts";

export interface ThreadAdvance {
  done: number;
  total: number;
  unit: string;
  /** As a job's advance has it. */
  growth?: number;
}

export type FromThread<Answer> =
  | { kind: "progress"; advance: ThreadAdvance }
  /** There is room for one more block of vectors. */
  | { kind: "next" }
  | { kind: "done"; answer: Answer }
  | { kind: "failed"; failure: ThreadFailure };

export type ToThread =
  /** Undefined after the last one. */
  { kind: "vectors"; vectors: Float32Array<ArrayBuffer> | undefined } | { kind: "abort" };

/** An error on its way between threads, which keep an error's text and lose its class. */
export interface ThreadFailure {
  message: string;
  details: DomainErrorDetails | undefined;
}

export function failureFrom(error: unknown): ThreadFailure {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof DomainError)) return { message, details: undefined };
  const { kind, type, field, place, remedy, retryAfterSeconds } = error;
  return { message, details: { kind, type, message, field, place, remedy, retryAfterSeconds } };
}

/** What an engine throws without saying more is a verdict on the configuration, and would be thrown again. */
export function errorFrom({ message, details }: ThreadFailure): DomainError {
  return new DomainError(
    details ?? { kind: "conflict", type: "trial-failed", message: `The engine failed: ${message}` },
  );
}

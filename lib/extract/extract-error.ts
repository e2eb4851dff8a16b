import { DomainError, type ErrorPlace } from "../errors/domain-error.ts";

export interface ExtractProblem {
  /** Begins with the format: `csv-row`, `json-depth`, `pdf-no-text`. */
  type: string;
  message: string;
  place?: ErrorPlace | undefined;
  remedy?: string | undefined;
  cause?: unknown;
}

/** The error for input that cannot become rows; `problemFrom` answers it with 422. */
export function extractError(problem: ExtractProblem): DomainError {
  return new DomainError({ kind: "invalid", ...problem });
}

import { DomainError } from "../../errors/domain-error.ts";

/** What is wrong with a file of vectors; `row` counts from 1. `problemFrom` answers it with 422. */
export function vectorsError(problem: {
  type: "vectors-file" | "vectors-value" | "vectors-dimension" | "vectors-id" | "vectors-column";
  message: string;
  row?: number | undefined;
  column?: string | undefined;
  remedy?: string | undefined;
  cause?: unknown;
}): DomainError {
  const { row, column, ...rest } = problem;
  const place = {
    ...(row === undefined ? {} : { row }),
    ...(column === undefined ? {} : { column }),
  };
  return new DomainError({ kind: "invalid", ...rest, place });
}

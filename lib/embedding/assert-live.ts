import { DomainError } from "../errors/domain-error.ts";

/** Throws `cancelled` once the signal is aborted. */
export function assertLive(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  throw new DomainError({
    kind: "cancelled",
    type: "cancelled",
    message: "The embedding was cancelled.",
    cause: signal.reason,
  });
}

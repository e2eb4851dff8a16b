import { DomainError } from "../errors/domain-error.ts";

/** Why a running job is told to stop; the text is what travels through the queue engine's abort signal. */
export const stopReasons = ["cancelled", "draining", "lease-lost"] as const;
export type StopReason = (typeof stopReasons)[number] | "timeout";

/** The error that a handler finds as its signal's reason. */
export function stopError(reason: StopReason, timeoutMs: number): DomainError {
  switch (reason) {
    case "cancelled":
      return jobCancelled();
    case "draining":
      return new DomainError({
        kind: "unavailable",
        type: "worker-draining",
        message: "The worker stops; the job goes back to the queue.",
      });
    case "lease-lost":
      return new DomainError({
        kind: "unavailable",
        type: "job-lease-lost",
        message: "The worker lost its claim on the job; another worker has it.",
      });
    case "timeout":
      return new DomainError({
        kind: "unavailable",
        type: "attempt-timeout",
        message: `The attempt took longer than ${timeoutMs} ms, the limit of its queue.`,
      });
  }
}

export function jobCancelled(): DomainError {
  return new DomainError({ kind: "cancelled", type: "job-cancelled", message: "The job was cancelled." });
}

import { DomainError } from "../errors/domain-error.ts";

/** The caller's own abort; what it aborted with is the cause. */
export function callCancelled(cause: unknown): DomainError {
  return new DomainError({
    kind: "cancelled",
    type: "cancelled",
    message: "The call to the provider was cancelled.",
    cause,
  });
}

export function callTimedOut(provider: string, timeoutMs: number): DomainError {
  return new DomainError({
    kind: "unavailable",
    type: "provider-failed",
    message: `The provider ${provider} did not answer within ${timeoutMs} ms.`,
  });
}

export function coolingDown(provider: string, waitMs: number): DomainError {
  return new DomainError({
    kind: "busy",
    type: "provider-throttled",
    message: `The provider ${provider} takes no calls for now: its limit is reached.`,
    retryAfterSeconds: Math.ceil(waitMs / 1_000),
  });
}

export function circuitOpen(provider: string, waitMs: number): DomainError {
  return new DomainError({
    kind: "unavailable",
    type: "provider-circuit-open",
    message: `The provider ${provider} has failed several times in a row and is left alone for a while.`,
    retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1_000)),
  });
}

export function overTokenLimit(provider: string, tokens: number, limit: number): DomainError {
  return new DomainError({
    kind: "invalid",
    type: "provider-limit",
    message: `One call of ${tokens} tokens is more than the ${limit} that the provider ${provider} may be sent a minute.`,
    field: "tokensPerMinute",
    remedy: "Send fewer texts in one call, or raise the provider's limit in the configuration.",
  });
}

export function guardClosed(provider: string): DomainError {
  return new DomainError({
    kind: "unavailable",
    type: "provider-closed",
    message: `The guard of the provider ${provider} is closed.`,
  });
}

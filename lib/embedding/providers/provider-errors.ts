import { DomainError } from "../../errors/domain-error.ts";
import { hasCode } from "../../storage/error-code.ts";

/** How an answer is unusable although it came; also the reason that stands at a chunk that always gets such an answer. */
export type AnswerFault =
  | "not_finite"
  | "zero"
  | "wrong_dimension"
  | "short_answer"
  | "wrong_index"
  | "truncated";

const answerTypes: Record<AnswerFault, string> = {
  not_finite: "answer-not-finite",
  zero: "answer-zero",
  wrong_dimension: "answer-dimension",
  short_answer: "answer-short",
  wrong_index: "answer-index",
  truncated: "answer-truncated",
};

/** Asking again may help, so it is `unavailable`. */
export function answerError(provider: string, fault: AnswerFault, detail: string): DomainError {
  return new DomainError({
    kind: "unavailable",
    type: answerTypes[fault],
    message: `The provider ${provider} gave an answer that cannot be used: ${detail}.`,
  });
}

/** It is down, overloaded, hanging, or answers what nobody can read. */
export function failedError(
  provider: string,
  detail: string,
  retryAfterSeconds?: number,
  cause?: unknown,
): DomainError {
  return new DomainError({
    kind: "unavailable",
    type: "provider-failed",
    message: `The provider ${provider} failed: ${detail}.`,
    remedy: "The work goes on by itself once it answers again.",
    retryAfterSeconds,
    cause,
  });
}

/**
 * For what `fetch` has thrown: a host whose name has no address is a mistake in the file of models, and no outage that
 * would pass. Undefined for every other cause.
 */
export function unknownHostError(provider: string, error: unknown): DomainError | undefined {
  if (!(error instanceof Error) || !hasCode(error.cause, "ENOTFOUND")) return undefined;
  return new DomainError({
    kind: "not-found",
    type: "provider-host-unknown",
    message: `The url of the provider ${provider} names a host that nobody knows.`,
    remedy: "Correct the url in the file of models, or make the name known, and start the work again.",
    cause: error,
  });
}

const reasons = new Map<string, string>([
  ["provider-refused", "refused"],
  ["provider-failed", "server_error"],
  ...Object.entries(answerTypes).map(([reason, type]): [string, string] => [type, reason]),
]);

/** Why a text has no vector that alone makes its call end in this error; undefined where the text is not to blame. */
export function inputFault(error: unknown): string | undefined {
  return error instanceof DomainError ? reasons.get(error.type) : undefined;
}

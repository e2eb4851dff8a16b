import { DomainError, type ErrorKind } from "../../errors/domain-error.ts";
import { failedError } from "./provider-errors.ts";

interface Refusal {
  kind: ErrorKind;
  type: string;
  says: string;
  remedy: string;
}

const refusals = new Map<number, Refusal>([
  [401, forbidden("does not accept the key")],
  [402, forbidden("asks for money first")],
  [403, forbidden("does not allow this")],
  [
    404,
    {
      kind: "not-found",
      type: "provider-model-missing",
      says: "has no such model or route",
      remedy: "Load the model there, or correct the name and the url in the file of models.",
    },
  ],
  [
    429,
    {
      kind: "busy",
      type: "provider-throttled",
      says: "asks for fewer calls",
      remedy: "The work goes on by itself later.",
    },
  ],
]);

const refused: Refusal = {
  kind: "invalid",
  type: "provider-refused",
  says: "refuses the input",
  remedy: "Look at the texts that failed, and at the model's limits.",
};

/** What the status of an answer means. Its body may repeat the texts, so nothing of it is passed on. */
export function statusError(
  provider: string,
  status: number,
  retryAfterSeconds: number | undefined,
): DomainError {
  if (status >= 500 || status === 408 || status === 425)
    return failedError(provider, `status ${status}`, retryAfterSeconds);
  const { kind, type, says, remedy } = refusals.get(status) ?? refused;
  return new DomainError({
    kind,
    type,
    message: `The provider ${provider} ${says} (status ${status}).`,
    remedy,
    retryAfterSeconds,
  });
}

function forbidden(says: string): Refusal {
  return {
    kind: "forbidden",
    type: "provider-forbidden",
    says,
    remedy: "Check the provider's secret and account.",
  };
}

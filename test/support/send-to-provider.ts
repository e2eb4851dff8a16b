import { DomainError } from "@lakefleet/lib/errors/domain-error.ts";
import type { CallResult } from "@lakefleet/lib/guard/call-outcome.ts";

/** One request as the providers make it: what went wrong is told by the kind of the error. */
export async function sendToProvider(
  url: string,
  request: { tokens: number; costNanoUsd: number; billedShare?: number; from?: number },
  signal: AbortSignal,
): Promise<CallResult<number>> {
  const { tokens, costNanoUsd, billedShare = 1, from = process.pid } = request;
  const billed = Math.ceil(costNanoUsd * billedShare);
  const sentAtMs = Number(process.hrtime.bigint()) / 1e6;
  const query = `tokens=${tokens}&cost=${billed}&from=${from}&sent=${sentAtMs}`;
  const response = await ask(`${url}/?${query}`, signal);
  if (response.ok) return { value: response.status, tokens, costUsd: billed / 1e9 };
  const retryAfter = response.headers.get("retry-after");
  if (response.status === 429) {
    throw new DomainError({
      kind: "busy",
      type: "provider-throttled",
      message: "The provider is throttled.",
      ...(retryAfter === null ? {} : { retryAfterSeconds: Number(retryAfter) }),
    });
  }
  throw new DomainError({
    kind: response.status >= 500 ? "unavailable" : "invalid",
    type: response.status >= 500 ? "provider-failed" : "provider-refused",
    message: `The provider answered ${response.status}.`,
  });
}

async function ask(url: string, signal: AbortSignal): Promise<Response> {
  try {
    return await fetch(url, { signal });
  } catch (cause) {
    throw new DomainError({
      kind: "unavailable",
      type: "provider-failed",
      message: "The provider broke the connection off.",
      cause,
    });
  }
}

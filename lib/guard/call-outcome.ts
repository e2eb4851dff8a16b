import { DomainError } from "../errors/domain-error.ts";
import { nanoUsdForTokens, nanoUsdFrom } from "./money.ts";
import type { TurnOutcome } from "./settle-script.ts";

/** What a call brought, with the provider's own figures where it told any. */
export interface CallResult<T> {
  value: T;
  tokens?: number | undefined;
  costUsd?: number | undefined;
}

export type Ended<T> = { result: CallResult<T> } | { error: unknown };

/** Full jitter: each wait is drawn from nothing up to this, doubled with every failure. */
const backoffMs = 500;
const backoffMaxMs = 30_000;

export function backOffMs(tried: number): number {
  return Math.random() * Math.min(backoffMs * 2 ** (tried - 1), backoffMaxMs);
}

export function outcomeOf(ended: Ended<unknown>): TurnOutcome {
  if ("result" in ended) return "ok";
  const { error } = ended;
  // Not an error that a provider is meant to throw, so a repetition would bring it again.
  if (!(error instanceof DomainError)) return "unknown";
  if (error.kind === "cancelled") return "unknown";
  if (error.kind === "busy") return "throttled";
  return error.retryable ? "failed" : "refused";
}

export function isMendable(outcome: TurnOutcome): boolean {
  return outcome === "failed" || outcome === "throttled";
}

/** As the provider counted them. */
export function tokensOf(ended: Ended<unknown>): number | undefined {
  return "result" in ended ? ended.result.tokens : undefined;
}

export function retryAfterMs(ended: Ended<unknown>): number | undefined {
  if ("result" in ended || !(ended.error instanceof DomainError)) return undefined;
  const { retryAfterSeconds } = ended.error;
  return retryAfterSeconds === undefined ? undefined : retryAfterSeconds * 1_000;
}

/** By the provider's own figures. What was refused is not billed; how much of what failed was, nobody knows. */
export function costOf(
  ended: Ended<unknown>,
  nanoUsdMax: number,
  price: { usdPerMillionTokens: number } | undefined,
): number {
  if ("error" in ended) return ["refused", "throttled"].includes(outcomeOf(ended)) ? 0 : nanoUsdMax;
  const { costUsd, tokens } = ended.result;
  if (costUsd !== undefined) return nanoUsdFrom(costUsd);
  if (tokens === undefined || price === undefined) return nanoUsdMax;
  return nanoUsdForTokens(tokens, price.usdPerMillionTokens);
}

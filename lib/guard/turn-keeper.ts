import { randomUUID } from "node:crypto";
import type { Redis } from "ioredis";
import type { Telemetry } from "../telemetry/telemetry.ts";
import type { GuardClock } from "./guard-clock.ts";
import { circuitOpen, coolingDown } from "./guard-errors.ts";
import type { TurnLimits } from "./provider-limits.ts";
import { openSettleScript, type TurnOutcome } from "./settle-script.ts";
import { openTurnScript, type Refusal } from "./turn-script.ts";

/** A call's place under the limits; it begins now. */
export interface Turn {
  end(outcome: TurnOutcome, result: TurnResult): Promise<void>;
}

interface TurnResult {
  /** As the provider counted them. */
  tokens?: number | undefined;
  retryAfterMs?: number | undefined;
}

export interface TurnKeeper {
  /**
   * Waits for a turn. A provider that cools down or is left alone is waited for `patienceMs` at most, then it is
   * `busy`, `provider-throttled`, or `unavailable`, `provider-circuit-open`.
   */
  take(wanted: { tokens: number; patienceMs: number; signal: AbortSignal | undefined }): Promise<Turn>;
}

export interface TurnKeeperOptions {
  redis: Redis;
  provider: string;
  /** Whose calls at a time are counted. */
  host: string;
  limits: TurnLimits;
  clock: GuardClock;
  telemetry: Telemetry;
}

/** A call that its timeout has ended is told to Redis well within this time. */
const leaseMarginMs = 5_000;
/** Nobody sleeps longer on what Redis once said; it may have been flushed meanwhile. */
const askAgainMs = 2_000;

export function createTurnKeeper(options: TurnKeeperOptions): TurnKeeper {
  const { redis, provider, host, limits, clock, telemetry } = options;
  const takeTurn = openTurnScript(redis, clock);
  const settleTurn = openSettleScript(redis, clock);
  const prefix = `lakefleet:guard:${provider}`;
  const keys = [`${prefix}:state`, `${prefix}:window`, `lakefleet:guard:${host}:leases`];
  const leaseMs = Math.ceil(limits.timeoutMs + limits.lateMaxMs + leaseMarginMs);
  const { requestsPerMinute, tokensPerMinute, concurrency, paceMs } = limits;

  const ask = (id: string, tokens: number) =>
    takeTurn(keys, [id, tokens, requestsPerMinute, tokensPerMinute, concurrency, paceMs, leaseMs]);
  const end = async (call: { id: string; tokens: number }, outcome: TurnOutcome, result: TurnResult) => {
    const used = Math.ceil(result.tokens ?? call.tokens);
    const details = [call.id, call.tokens, used, outcome, result.retryAfterMs ?? -1, Math.random()];
    try {
      const { breaker, waitMs } = await settleTurn(keys, details);
      if (outcome === "throttled") telemetry.emit("provider.throttled", { provider, waitMs });
      if (breaker !== "same") telemetry.emit("provider.circuit", { provider, breaker, waitMs });
    } catch (error) {
      // The call is over and its result stands; what the turn holds is free when its lease ends.
      telemetry.emit("provider.settle-failed", { provider, reason: String(error) });
    }
  };

  return {
    async take({ tokens, patienceMs, signal }) {
      const call = { id: randomUUID(), tokens };
      const startedAt = clock.elapsedMs();
      for (;;) {
        const askedAt = clock.elapsedMs();
        const { verdict, waitMs } = await ask(call.id, tokens);
        if (verdict === "turn") {
          if (await isInTime({ clock, askedAt, waitMs, lateMaxMs: limits.lateMaxMs, signal }))
            return { end: (outcome, result) => end(call, outcome, result) };
          await end(call, "unused", {});
          signal?.throwIfAborted();
          continue;
        }
        const patienceLeftMs = startedAt + patienceMs - clock.elapsedMs();
        assertPatient({ provider, refusal: verdict, waitMs, patienceLeftMs });
        await clock.sleep(Math.min(waitMs, askAgainMs), signal);
      }
    },
  };
}

/** Waits until the turn begins. Later than allowed it must not be used: others have been given the time after it. */
async function isInTime(turn: {
  clock: GuardClock;
  askedAt: number;
  waitMs: number;
  lateMaxMs: number;
  signal: AbortSignal | undefined;
}): Promise<boolean> {
  const { clock, askedAt, waitMs, signal } = turn;
  try {
    if (waitMs > 0) await clock.sleep(waitMs, signal);
  } catch (error) {
    if (signal?.aborted) return false;
    throw error;
  }
  return !signal?.aborted && clock.elapsedMs() - askedAt - waitMs <= turn.lateMaxMs;
}

function assertPatient(state: {
  provider: string;
  refusal: Refusal;
  waitMs: number;
  patienceLeftMs: number;
}): void {
  const { provider, refusal, waitMs } = state;
  if (refusal !== "open" && refusal !== "cooldown") return;
  if (waitMs <= state.patienceLeftMs) return;
  throw refusal === "open" ? circuitOpen(provider, waitMs) : coolingDown(provider, waitMs);
}

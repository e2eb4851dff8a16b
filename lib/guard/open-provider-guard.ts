import type { Redis } from "ioredis";
import type { Telemetry } from "../telemetry/telemetry.ts";
import {
  backOffMs,
  type CallResult,
  costOf,
  type Ended,
  isMendable,
  outcomeOf,
  retryAfterMs,
  tokensOf,
} from "./call-outcome.ts";
import { type GuardClock, systemClock } from "./guard-clock.ts";
import { callCancelled, guardClosed, overTokenLimit } from "./guard-errors.ts";
import { nanoUsdFrom } from "./money.ts";
import { type ProviderLimits, turnLimits } from "./provider-limits.ts";
import { runCall } from "./run-call.ts";
import { openSpendAccount, type Reservation, type SpendAccount } from "./spend-account.ts";
import { createTurnKeeper, type Turn, type TurnKeeper } from "./turn-keeper.ts";
import { createWaitingLine } from "./waiting-line.ts";

export interface ProviderCall {
  requests: 1;
  /** The most that this call may be counted as, input and output together. */
  tokens: number;
  /** Set aside before the call. No call may cost more, or the day's cap does not hold. */
  costUsdMax: number;
  /** Under which the spend is listed. */
  model?: string | undefined;
  /** How long to wait for a provider that cools down or is left alone; turns under its limits take what they take. */
  patienceMs?: number | undefined;
  signal?: AbortSignal | undefined;
}

export interface ProviderGuard {
  /**
   * Waits for its turn under the provider's limits and breaker, calls, and repeats what a repetition can mend. `send`
   * tells by the kind of its error what to do: `busy` makes the whole fleet wait, `unavailable` is tried again, what
   * cannot be retried is thrown at once.
   */
  call<T>(call: ProviderCall, send: (signal: AbortSignal) => Promise<CallResult<T>>): Promise<T>;
  /** Later calls are refused. Those under way should have ended. */
  close(): Promise<void>;
}

export interface ProviderGuardOptions {
  /** Best one that fails fast: a command that is sent after its caller has left takes a turn for nobody. */
  redis: Redis;
  provider: string;
  /** Providers at one host share its `concurrency`; the provider's name if not given. */
  host?: string | undefined;
  limits: ProviderLimits;
  price?: { usdPerMillionTokens: number } | undefined;
  /** For a UTC day by the clock of Redis. */
  dailyCapUsd?: number | undefined;
  /** Holds the spend logs of all providers; a provider that costs nothing writes none. */
  spendFolder: string;
  clock?: GuardClock;
  telemetry: Telemetry;
}

/** A longer wait is the job's, which is put aside for it; to begin the job again takes less than this. */
const defaultPatienceMs = 10_000;

export function openProviderGuard(options: ProviderGuardOptions): ProviderGuard {
  const { redis, provider, telemetry, clock = systemClock } = options;
  const limits = turnLimits(options.limits);
  const host = options.host ?? provider;
  const turns = createTurnKeeper({ redis, provider, host, limits, clock, telemetry });
  const account = openAccount(options, { clock, timeoutMs: limits.timeoutMs });
  const line = createWaitingLine();
  let closed = false;

  const attempt = async <T>(call: ProviderCall, send: Send<T>): Promise<Ended<T>> => {
    const { signal } = call;
    const { turn, reservation } = await line.enter(() => admit(call, { turns, account }), signal);
    const ended = await runCall(send, { provider, timeoutMs: limits.timeoutMs, signal }).then(
      (result) => ({ result }),
      (error: unknown) => ({ error }),
    );
    await Promise.all([
      turn.end(outcomeOf(ended), { tokens: tokensOf(ended), retryAfterMs: retryAfterMs(ended) }),
      reservation?.settle(costOf(ended, nanoUsdFrom(call.costUsdMax), options.price)),
    ]);
    return ended;
  };
  const repeat = async <T>(call: ProviderCall, send: Send<T>): Promise<T> => {
    for (let tried = 1; ; tried += 1) {
      const ended = await attempt(call, send);
      if ("result" in ended) return ended.result.value;
      const outcome = outcomeOf(ended);
      if (tried === limits.attempts || !isMendable(outcome)) throw ended.error;
      // After a 429 the cooldown of the whole fleet is the wait.
      if (outcome === "failed") await clock.sleep(backOffMs(tried), call.signal);
    }
  };

  return {
    async call(call, send) {
      if (closed) throw guardClosed(provider);
      const { tokensPerMinute } = limits;
      if (tokensPerMinute > 0 && call.tokens > tokensPerMinute)
        throw overTokenLimit(provider, call.tokens, tokensPerMinute);
      try {
        return await repeat(call, send);
      } catch (error) {
        throw call.signal?.aborted ? callCancelled(call.signal.reason) : error;
      }
    },
    async close() {
      closed = true;
      await account.close();
    },
  };
}

type Send<T> = (signal: AbortSignal) => Promise<CallResult<T>>;

/** A call that costs nothing leaves no trace in the books. */
async function admit(
  call: ProviderCall,
  { turns, account }: { turns: TurnKeeper; account: SpendAccount },
): Promise<{ turn: Turn; reservation: Reservation | undefined }> {
  const { signal, model = "", patienceMs = defaultPatienceMs } = call;
  const nanoUsd = nanoUsdFrom(call.costUsdMax);
  const reservation = nanoUsd > 0 ? await account.reserve({ nanoUsd, model, signal }) : undefined;
  try {
    return { turn: await turns.take({ tokens: Math.ceil(call.tokens), patienceMs, signal }), reservation };
  } catch (error) {
    await reservation?.settle(0);
    throw error;
  }
}

function openAccount(
  { redis, provider, spendFolder, dailyCapUsd, telemetry }: ProviderGuardOptions,
  { clock, timeoutMs }: { clock: GuardClock; timeoutMs: number },
): SpendAccount {
  const capNanoUsd = dailyCapUsd === undefined ? undefined : Math.floor(dailyCapUsd * 1e9);
  return openSpendAccount({ redis, provider, folder: spendFolder, capNanoUsd, timeoutMs, clock, telemetry });
}

import { setTimeout as pause } from "node:timers/promises";
import type { ProviderLimits } from "@lakefleet/config/models.ts";
import { DomainError } from "../../errors/domain-error.ts";
import type { ProviderGuard } from "../../guard/open-provider-guard.ts";
import { assertLive } from "../assert-live.ts";

const backoffMs = 200;
/** As long as the longest cooldown that servers usually ask for. */
const backoffMaxMs = 60_000;

/**
 * A guard of this process alone, for a provider with neither a price nor limits per minute: it bounds the calls at a
 * time and repeats what a repetition can mend, with growing waits of random length.
 */
export function openLocalGuard({
  concurrency,
  attempts,
}: Pick<ProviderLimits, "concurrency" | "attempts">): ProviderGuard {
  const waiting: (() => void)[] = [];
  let running = 0;
  const enter = () => {
    running += 1;
    if (running <= concurrency) return Promise.resolve();
    return new Promise<void>((resolve) => waiting.push(resolve));
  };
  const leave = () => {
    running -= 1;
    waiting.shift()?.();
  };
  return {
    async call({ signal = new AbortController().signal }, send) {
      for (let tried = 1; ; tried += 1) {
        await enter();
        try {
          return (await send(signal)).value;
        } catch (error) {
          if (!(error instanceof DomainError) || !error.retryable || tried >= attempts) throw error;
          await rest(waitMs(error, tried), signal);
        } finally {
          leave();
        }
      }
    },
    close: async () => undefined,
  };
}

async function rest(durationMs: number, signal: AbortSignal): Promise<void> {
  try {
    await pause(durationMs, undefined, { signal });
  } catch (error) {
    assertLive(signal);
    throw error;
  }
}

function waitMs({ retryAfterSeconds }: DomainError, tried: number): number {
  if (retryAfterSeconds !== undefined) return Math.min(retryAfterSeconds * 1_000, backoffMaxMs);
  return Math.random() * Math.min(backoffMs * 2 ** tried, backoffMaxMs);
}

/** What a provider allows; a limit that is absent is not kept. */
export interface ProviderLimits {
  requestsPerMinute?: number | undefined;
  tokensPerMinute?: number | undefined;
  /** Calls under way at one host, from all processes together. */
  concurrency?: number | undefined;
  /** A call that takes longer is broken off; also how long a killed process keeps its place among `concurrency`. */
  timeoutMs?: number | undefined;
  /** Tries of one call, the first among them. */
  attempts?: number | undefined;
}

/** The limits as the scripts take them; 0 stands for no limit. */
export interface TurnLimits {
  requestsPerMinute: number;
  tokensPerMinute: number;
  concurrency: number;
  timeoutMs: number;
  attempts: number;
  /** Between two requests of the whole fleet. */
  paceMs: number;
  /** A turn that is not begun within this time after its moment is given back. */
  lateMaxMs: number;
}

/** Keeps the pace this much slower than the limit, so that requests that are late a little do not bunch up over it. */
const paceMargin = 0.025;

const defaults = { timeoutMs: 60_000, attempts: 5 };

/**
 * From a pace of one a second upwards requests are spread evenly: with a limit of r a second, no sliding second has
 * more than r + 1 as long as each request starts within `1/r + margin` seconds of its turn. A turn may be late by half
 * of that; the other half is for what comes after it, in this process and on the wire. Below that pace the sliding
 * minute alone decides, and requests come one second apart while it has room.
 */
export function turnLimits(limits: ProviderLimits): TurnLimits {
  const { requestsPerMinute = 0, tokensPerMinute = 0, concurrency = 0 } = limits;
  const perSecond = Math.max(1, requestsPerMinute / 60);
  return {
    requestsPerMinute,
    tokensPerMinute,
    concurrency,
    timeoutMs: limits.timeoutMs ?? defaults.timeoutMs,
    attempts: limits.attempts ?? defaults.attempts,
    paceMs: requestsPerMinute === 0 ? 0 : (1_000 / perSecond) * (1 + paceMargin),
    lateMaxMs: 500 * (1 / perSecond + paceMargin),
  };
}

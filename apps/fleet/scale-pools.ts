import type { Pool } from "@lakefleet/config/pools.ts";

/** What one pool looks like at one moment. */
export interface PoolReading {
  bounds: Pick<Pool, "min" | "max" | "concurrency" | "waitMaxMs">;
  paused: boolean;
  /** Jobs that wait. */
  depth: number;
  /** Of the job that waits longest; 0 where none waits. */
  oldestWaitMs: number;
  /** Jobs that run. */
  active: number;
}

/** What the next decision must know of the ones before. Begin with `{}`. */
export interface ScaleMemory {
  lastChangeMs?: number;
  /** Since when one process less would have done, without a break. */
  spareSinceMs?: number;
}

export interface ScaleInput {
  reading: PoolReading;
  /** Processes, also those that are still starting; not those that drain. */
  workers: number;
  /** Whether the machine has cores and memory left for one more process of any pool. */
  room: boolean;
  nowMs: number;
  memory: ScaleMemory;
}

export interface ScaleDecision {
  change: -1 | 0 | 1;
  memory: ScaleMemory;
}

// A process takes about a second until it takes jobs; a second decision before that would not see its effect.
const growEveryMs = 3_000;
// A process costs about 100 MB and a second to start, so it is worth keeping between two bursts of a minute.
const spareMs = 30_000;
// Eight jobs waiting per running one: the wait is growing even where each job is short.
const depthPerSlotMax = 8;

/**
 * One process more, one less, or none. Bounds come first and at once. Growth wants every slot busy and jobs that wait
 * too long or too deep; shrinking wants half a minute in which one process less would have done, so a pool whose load
 * stays the same settles.
 */
export function decideScale({ reading, workers, room, nowMs, memory }: ScaleInput): ScaleDecision {
  const { bounds, active, depth } = reading;
  const spare = depth === 0 && active <= (workers - 1) * bounds.concurrency;
  const spareSinceMs = spare ? (memory.spareSinceMs ?? nowMs) : undefined;
  const keep = (): ScaleDecision => ({ change: 0, memory: remember(memory.lastChangeMs, spareSinceMs) });
  // After a change the count of spare time begins anew: each further step down waits its own half minute.
  const step = (change: 1 | -1): ScaleDecision => ({ change, memory: remember(nowMs, undefined) });

  if (workers < bounds.min) return step(1);
  if (workers > bounds.max) return step(-1);
  const sinceChangeMs = nowMs - (memory.lastChangeMs ?? Number.NEGATIVE_INFINITY);
  if (workers < bounds.max && room && sinceChangeMs >= growEveryMs && isBehind(reading, workers))
    return step(1);
  if (workers > bounds.min && spareSinceMs !== undefined && nowMs - spareSinceMs >= spareMs) return step(-1);
  return keep();
}

function isBehind({ bounds, paused, depth, oldestWaitMs, active }: PoolReading, workers: number): boolean {
  const slots = workers * bounds.concurrency;
  if (paused || depth === 0 || active < slots) return false;
  return oldestWaitMs > bounds.waitMaxMs || depth > slots * depthPerSlotMax;
}

function remember(lastChangeMs: number | undefined, spareSinceMs: number | undefined): ScaleMemory {
  return {
    ...(lastChangeMs === undefined ? {} : { lastChangeMs }),
    ...(spareSinceMs === undefined ? {} : { spareSinceMs }),
  };
}

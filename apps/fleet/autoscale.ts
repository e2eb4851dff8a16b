import { decideScale, type PoolReading, type ScaleMemory } from "./scale-pools.ts";
import type { WorkerPool } from "./worker-pool.ts";

export interface Autoscaler {
  stop(): Promise<void>;
}

// The shortest wait that makes a pool grow is two seconds, so a look each second sees it in time.
const lookEveryMs = 1_000;

/**
 * Looks at every pool once a second and starts or drains one process at a time. While the queues cannot be read the
 * pools stay as they are.
 */
export function startAutoscaler(options: {
  pools: WorkerPool[];
  /** By pool name. Rejects while Redis is away. */
  readPools: () => Promise<Record<string, PoolReading>>;
  processesMax: number;
  report: (line: string) => void;
}): Autoscaler {
  const stopping = new AbortController();
  const memories = new Map<string, ScaleMemory>();
  // True until the first look: while the fleet starts there is nothing to see, and nothing to complain of.
  let blind = true;
  let timer: NodeJS.Timeout | undefined;
  let looking = Promise.resolve();

  async function look(): Promise<void> {
    try {
      const readings = await options.readPools();
      if (stopping.signal.aborted) return;
      for (const pool of options.pools) scale(pool, readings[pool.name]);
      blind = false;
    } catch (error) {
      if (!blind)
        options.report(`The pools keep their size, their queues cannot be read: ${messageOf(error)}`);
      blind = true;
    }
    if (!stopping.signal.aborted) schedule();
  }

  function scale(pool: WorkerPool, reading: PoolReading | undefined): void {
    if (reading === undefined) return;
    const running = options.pools.reduce((sum, other) => sum + other.total(), 0);
    const { change, memory } = decideScale({
      reading,
      workers: pool.size(),
      room: running < options.processesMax,
      nowMs: performance.now(),
      memory: memories.get(pool.name) ?? {},
    });
    memories.set(pool.name, memory);
    if (change === 0) return;
    if (change === 1) pool.grow();
    else pool.shrink();
    options.report(
      `${pool.name}: ${pool.size()} worker${pool.size() === 1 ? "" : "s"} (${reading.depth} waiting)`,
    );
  }

  function schedule(): void {
    timer = setTimeout(() => {
      looking = look();
    }, lookEveryMs);
  }

  schedule();
  return {
    async stop() {
      stopping.abort();
      clearTimeout(timer);
      await looking;
    },
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

import { fileURLToPath } from "node:url";
import { defaultPools, drainGraceMs, drainTimeoutMs } from "@lakefleet/config/pools.ts";
import type { SecretUse } from "@lakefleet/config/secret-variables.ts";
import { type QueueName, queueNames } from "@lakefleet/queues/define-queue.ts";
import type { FleetLogs } from "./fleet-logs.ts";
import { forkService } from "./fork-service.ts";
import { gatewayLimits } from "./gateway-limits.ts";
import { type Crash, type KeptProcess, keepRunning } from "./keep-running.ts";
import { openWorkerPool, type WorkerPool } from "./worker-pool.ts";

export interface Services {
  pools: WorkerPool[];
  /** The gateway, the watcher and the agent first, so that nothing new comes in, then the workers. Bounded by the drain's limits. */
  stop(): Promise<void>;
  kill(): void;
}

// Open requests end by themselves within this, an upload excepted, and that the client repeats.
const gatewayStopMaxMs = 10_000;

/** The index worker's gate and a trial embed queries; the refresh worker runs the ticks of schedules. */
const secretUses: Record<"gateway" | "watch" | "agent" | QueueName, readonly SecretUse[]> = {
  gateway: ["models", "databases", "admin"],
  watch: [],
  agent: [],
  ingest: ["databases"],
  embed: ["models"],
  index: ["models"],
  trial: ["models"],
  refresh: ["databases"],
};

/**
 * Starts the gateway, the watcher and the least number of workers of every pool. Each worker is `workers/<pool>/main.ts`:
 * it reads the configuration from its environment, drains on SIGTERM and exits 0 by itself.
 */
export function startServices(options: {
  environment: (uses: readonly SecretUse[]) => Record<string, string | undefined>;
  logs: FleetLogs;
  onCrash: (crash: Crash) => void;
}): Services {
  const { environment, logs, onCrash } = options;
  const start = (name: keyof typeof secretUses, main: string, limits?: typeof gatewayLimits) => {
    const file = fileURLToPath(new URL(main, import.meta.url));
    const service = { file, flags: limits?.flags ?? [], output: logs.of(name) };
    const variables = { ...environment(secretUses[name]), ...limits?.environment };
    return () => forkService({ ...service, environment: variables });
  };
  const keep = (name: keyof typeof secretUses, main: string, limits?: typeof gatewayLimits) =>
    keepRunning({ name, start: start(name, main, limits), onCrash });

  const entrances: KeptProcess[] = [
    keep("gateway", "./gateway.ts", gatewayLimits),
    keep("watch", "../../workers/watch/main.ts"),
    keep("agent", "../../workers/agent/main.ts"),
  ];
  const pools = queueNames.map((name) => {
    const drainMaxMs = drainTimeoutMs + drainGraceMs;
    const pool = openWorkerPool({
      name,
      start: start(name, `../../workers/${name}/main.ts`),
      onCrash,
      drainMaxMs,
    });
    for (let worker = 0; worker < defaultPools[name].min; worker++) pool.grow();
    return pool;
  });
  return {
    pools,
    async stop() {
      await Promise.all(entrances.map((entrance) => entrance.stop(gatewayStopMaxMs)));
      await Promise.all(pools.map((pool) => pool.stop()));
    },
    kill() {
      for (const entrance of entrances) entrance.signal("SIGKILL");
      for (const pool of pools) pool.kill();
    },
  };
}

import os from "node:os";
import { defaultPools } from "@lakefleet/config/pools.ts";
import { type Configuration, environmentOf } from "@lakefleet/config/schema.ts";
import { startAutoscaler } from "./autoscale.ts";
import { claimPort } from "./claim-port.ts";
import { describeCrash } from "./describe-crash.ts";
import { createFleetClient, type FleetClient } from "./fleet-client.ts";
import { withFleetLock } from "./fleet-lock.ts";
import { openFleetLogs } from "./fleet-logs.ts";
import type { Crash } from "./keep-running.ts";
import { listenForStop, type StopRequest } from "./listen-for-stop.ts";
import { isEmptyLake, loadSample, sampleFolder } from "./load-sample.ts";
import { processBudget } from "./process-budget.ts";
import { openQueueServer } from "./queue-server.ts";
import { startServices } from "./start-services.ts";
import { waitUntilReady } from "./wait-until-ready.ts";

/**
 * Runs everything on this machine until it is asked to stop, and resolves when nothing of it is left. Rejects with a
 * `DomainError` where the port is taken or another fleet holds the data folder.
 */
export async function runFleet(configuration: Configuration): Promise<void> {
  const stop = listenForStop();
  await withFleetLock(configuration.dataFolder, async (announce) => {
    const port = await claimPort(configuration);
    const client = createFleetClient({ host: configuration.host, port });
    await announce(client.url);
    await runLocked({ configuration: { ...configuration, port }, client, stop });
  });
}

interface Fleet {
  configuration: Configuration;
  client: FleetClient;
  stop: StopRequest;
}

async function runLocked({ configuration, client, stop }: Fleet): Promise<void> {
  const say = (line: string) => void process.stdout.write(`${line}\n`);
  const onCrash = (crash: Crash) => say(describeCrash(crash, configuration.dataFolder));
  const logs = openFleetLogs(configuration);
  const wantsSample = configuration.loadSample && (await isEmptyLake(configuration.dataFolder));
  const { signal } = stop;
  const queue = await openQueueServer({
    configuration,
    output: logs.of("redis"),
    report: say,
    onCrash,
    signal,
  });
  const ofServices = {
    ...configuration,
    redisUrl: queue.redisUrl,
    ingestRoots: [...configuration.ingestRoots, sampleFolder],
  };
  const services = startServices({ environment: (uses) => environmentOf(ofServices, uses), logs, onCrash });
  stop.onInsist(() => {
    services.kill();
    queue.kill();
    process.exit(1);
  });
  const autoscaler = startAutoscaler({
    pools: services.pools,
    readPools: () => client.readPools(signal),
    processesMax: processBudget({
      cores: os.availableParallelism(),
      memoryMib: os.totalmem() / 2 ** 20,
      minima: Object.values(defaultPools).reduce((sum, pool) => sum + pool.min, 0),
    }),
    report: say,
  });
  await greet({ configuration, client, queue: queue.description, wantsSample, say, signal });
  await whenAborted(signal);
  say("Stopping: running jobs finish or go back to their queue. Once more to stop at once.");
  await autoscaler.stop();
  await services.stop();
  await queue.stop();
  logs.close();
  say("Stopped.");
}

async function greet(options: {
  configuration: Configuration;
  client: FleetClient;
  queue: string;
  wantsSample: boolean;
  say: (line: string) => void;
  signal: AbortSignal;
}): Promise<void> {
  const { client, configuration, queue, say, signal } = options;
  try {
    await waitUntilReady({ client, report: say, signal });
    say(`Lakefleet is ready on ${client.url} (data in ${configuration.dataFolder}, queue in ${queue}).`);
    say(`  docs    ${client.url}/docs`);
    say(`  queues  ${client.url}/admin/queues`);
    say(`  inbox   ${configuration.dataFolder}/inbox: a file put there becomes searchable`);
    if (options.wantsSample) await loadSample({ client, port: configuration.port, say, signal });
  } catch (error) {
    // Asked to stop in the middle of a start: there is nothing left to greet.
    if (!signal.aborted) throw error;
  }
}

function whenAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

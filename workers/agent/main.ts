import { configurationOrExit } from "@lakefleet/config/configuration-or-exit.ts";
import { dataLayout } from "@lakefleet/config/layout.ts";
import { openAgentWorld } from "@lakefleet/lib/agent/open-agent-world.ts";
import { runAgent } from "@lakefleet/lib/agent/run-agent.ts";
import { openJobs } from "@lakefleet/lib/jobs/open-jobs.ts";
import { redisAddress } from "@lakefleet/lib/jobs/redis-address.ts";
import { armFailpoints } from "@lakefleet/lib/storage/failpoint.ts";
import { withFileLock } from "@lakefleet/lib/storage/file-lock.ts";
import { openLocalStore } from "@lakefleet/lib/storage/local-store.ts";
import { createTelemetry } from "@lakefleet/lib/telemetry/telemetry.ts";

const configuration = configurationOrExit();
armFailpoints(configuration.failpoints);
const layout = dataLayout(configuration.dataFolder);
const telemetry = createTelemetry({ service: "agent", level: configuration.logLevel });
const stop = new AbortController();
for (const name of ["SIGTERM", "SIGINT"] as const) process.once(name, () => stop.abort());
const { signal } = stop;
const store = await openLocalStore({ name: "primary", root: layout.bucket });
const jobs = await openJobs({
  address: redisAddress(configuration),
  intentsFolder: layout.intents,
  store,
  locks: layout.locks,
  telemetry,
  queueDepthMax: configuration.queueDepthMax,
});
const world = openAgentWorld({ store, jobs, telemetry, loadFolder: layout.load });
try {
  // Two agents would ask for the same trials under the same ids; one of them waits for the other to leave.
  await withFileLock(
    { folder: layout.locks, name: "agent", signal, waitMaxMs: Number.POSITIVE_INFINITY },
    () => runAgent(world, signal),
  );
} catch (error) {
  if (!signal.aborted) throw error;
}
await jobs.close();
process.exit(0);

import { configurationOrExit } from "@lakefleet/config/configuration-or-exit.ts";
import { dataLayout } from "@lakefleet/config/layout.ts";
import { allowedAddresses } from "@lakefleet/lib/connectors/allowed-addresses.ts";
import { ScheduledWork, startScheduledWork } from "@lakefleet/lib/ingest/scheduled-work.ts";
import { openWorkerConnection } from "@lakefleet/lib/jobs/connection.ts";
import { openJobs } from "@lakefleet/lib/jobs/open-jobs.ts";
import { redisAddress } from "@lakefleet/lib/jobs/redis-address.ts";
import { runSchedules } from "@lakefleet/lib/jobs/run-schedules.ts";
import { runWorkerProcess } from "@lakefleet/lib/jobs/run-worker-process.ts";
import { openSecrets } from "@lakefleet/lib/storage/secrets.ts";
import { refreshQueue } from "@lakefleet/queues/refresh.queue.ts";
import { handleRefresh } from "./handle-refresh.ts";

await runWorkerProcess({
  configuration: configurationOrExit(),
  contract: refreshQueue,
  openHandler: async ({ configuration, store, locks, telemetry }) => {
    const jobs = await openJobs({
      address: redisAddress(configuration),
      intentsFolder: dataLayout(configuration.dataFolder).intents,
      store,
      locks,
      telemetry,
      queueDepthMax: configuration.queueDepthMax,
    });
    const { startFlow, intents } = jobs;
    const connection = openWorkerConnection({ address: redisAddress(configuration), telemetry });
    const work = {
      startFlow,
      store,
      secrets: openSecrets({
        folder: dataLayout(configuration.dataFolder).secrets,
        environment: configuration.secrets,
      }),
      models: configuration.models,
      allowed: allowedAddresses(configuration),
      ingestRoots: configuration.ingestRoots,
    };
    const schedules = runSchedules({
      connection,
      store,
      intents,
      telemetry,
      start: (schedule, intent) =>
        startScheduledWork(work, { work: ScheduledWork.parse(schedule.work), intent }),
    });
    return {
      handler: (payload, context) => handleRefresh(payload, context, { store, startFlow }),
      async close() {
        await schedules.close();
        connection.disconnect();
        await jobs.close();
      },
    };
  },
});

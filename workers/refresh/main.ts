import { configurationOrExit } from "@lakefleet/config/configuration-or-exit.ts";
import { dataLayout } from "@lakefleet/config/layout.ts";
import { allowedAddresses } from "@lakefleet/lib/connectors/allowed-addresses.ts";
import { ScheduledWork, startScheduledWork } from "@lakefleet/lib/ingest/scheduled-work.ts";
import { openWorkerConnection } from "@lakefleet/lib/jobs/connection.ts";
import { openJobs } from "@lakefleet/lib/jobs/open-jobs.ts";
import { redisAddress } from "@lakefleet/lib/jobs/redis-address.ts";
import { runSchedules } from "@lakefleet/lib/jobs/run-schedules.ts";
import { runWorkerProcess } from "@lakefleet/lib/jobs/run-worker-process.ts";
import { openGpuSlots } from "@lakefleet/lib/profile/open-gpu-slots.ts";
import { openProfileAudit } from "@lakefleet/lib/profile/profile-audit.ts";
import { openSecrets } from "@lakefleet/lib/storage/secrets.ts";
import { refreshQueue } from "@lakefleet/queues/refresh.queue.ts";
import { handleActivation } from "./handle-activation.ts";
import { handleRefresh } from "./handle-refresh.ts";

await runWorkerProcess({
  configuration: configurationOrExit(),
  contract: refreshQueue,
  openHandler: async ({ configuration, store, locks, redis, telemetry }) => {
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
    const { models, gpuSlots: slotCount } = configuration;
    const slots = openGpuSlots({ redis, slotCount, telemetry });
    const audit = openProfileAudit(store);
    const work = {
      startFlow,
      store,
      secrets: openSecrets({
        folder: dataLayout(configuration.dataFolder).secrets,
        environment: configuration.secrets,
      }),
      models,
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
      handler: (payload, context) =>
        "dataset" in payload
          ? handleRefresh(payload, context, { store, startFlow })
          : handleActivation(payload, context, { store, models, slots, audit, telemetry }),
      async close() {
        await schedules.close();
        await audit.close();
        connection.disconnect();
        await jobs.close();
      },
    };
  },
});

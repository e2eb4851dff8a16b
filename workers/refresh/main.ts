import { configurationOrExit } from "@lakefleet/config/configuration-or-exit.ts";
import { dataLayout } from "@lakefleet/config/layout.ts";
import { openJobs } from "@lakefleet/lib/jobs/open-jobs.ts";
import { redisAddress } from "@lakefleet/lib/jobs/redis-address.ts";
import { runWorkerProcess } from "@lakefleet/lib/jobs/run-worker-process.ts";
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
    return {
      handler: (payload, context) => handleRefresh(payload, context, { store, startFlow: jobs.startFlow }),
      close: () => jobs.close(),
    };
  },
});

import { configurationOrExit } from "@lakefleet/config/configuration-or-exit.ts";
import { runWorkerProcess } from "@lakefleet/lib/jobs/run-worker-process.ts";
import { indexQueue } from "@lakefleet/queues/index.queue.ts";
import { handleIndex } from "./handle-index.ts";

await runWorkerProcess({
  configuration: configurationOrExit(),
  contract: indexQueue,
  openHandler: async ({ store, locks, telemetry }) => ({
    handler: (payload, context) => handleIndex(payload, context, { store, locks, telemetry }),
  }),
});

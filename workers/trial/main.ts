import { configurationOrExit } from "@lakefleet/config/configuration-or-exit.ts";
import { runWorkerProcess } from "@lakefleet/lib/jobs/run-worker-process.ts";
import { trialQueue } from "@lakefleet/queues/trial.queue.ts";
import { handleTrial } from "./handle-trial.ts";

await runWorkerProcess({
  configuration: configurationOrExit(),
  contract: trialQueue,
  openHandler: async ({ store, telemetry }) => ({
    handler: (payload, context) => handleTrial(payload, context, { store, telemetry }),
  }),
});

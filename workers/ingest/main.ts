import { configurationOrExit } from "@lakefleet/config/configuration-or-exit.ts";
import { runWorkerProcess } from "@lakefleet/lib/jobs/run-worker-process.ts";
import { ingestQueue } from "@lakefleet/queues/ingest.queue.ts";
import { handleIngest } from "./handle-ingest.ts";

await runWorkerProcess({
  configuration: configurationOrExit(),
  contract: ingestQueue,
  openHandler: async ({ configuration, store, telemetry }) => ({
    handler: (payload, context) =>
      handleIngest(payload, context, { store, telemetry, memoryMib: configuration.ingestMemoryMib }),
  }),
});

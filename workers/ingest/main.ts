import { configurationOrExit } from "@lakefleet/config/configuration-or-exit.ts";
import { dataLayout } from "@lakefleet/config/layout.ts";
import { allowedAddresses } from "@lakefleet/lib/connectors/allowed-addresses.ts";
import { runWorkerProcess } from "@lakefleet/lib/jobs/run-worker-process.ts";
import { openSecrets } from "@lakefleet/lib/storage/secrets.ts";
import { ingestQueue } from "@lakefleet/queues/ingest.queue.ts";
import { handleIngest } from "./handle-ingest.ts";

await runWorkerProcess({
  configuration: configurationOrExit(),
  contract: ingestQueue,
  openHandler: async ({ configuration, store, telemetry }) => ({
    handler: (payload, context) =>
      handleIngest(payload, context, {
        store,
        telemetry,
        memoryMib: configuration.ingestMemoryMib,
        secrets: openSecrets({
          folder: dataLayout(configuration.dataFolder).secrets,
          environment: configuration.secrets,
        }),
        allowed: allowedAddresses(configuration),
        models: configuration.models,
      }),
  }),
});

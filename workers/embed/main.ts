import { configurationOrExit } from "@lakefleet/config/configuration-or-exit.ts";
import { runWorkerProcess } from "@lakefleet/lib/jobs/run-worker-process.ts";
import { embedQueue } from "@lakefleet/queues/embed.queue.ts";
import { handleEmbed } from "./handle-embed.ts";

await runWorkerProcess({
  configuration: configurationOrExit(),
  contract: embedQueue,
  openHandler: async ({ store, locks, telemetry }) => ({
    handler: (payload, context) => handleEmbed(payload, context, { store, locks, telemetry }),
  }),
});

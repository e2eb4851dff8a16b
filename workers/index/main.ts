import { configurationOrExit } from "@lakefleet/config/configuration-or-exit.ts";
import type { OpenProvider } from "@lakefleet/lib/embedding/open-provider.ts";
import { runWorkerProcess } from "@lakefleet/lib/jobs/run-worker-process.ts";
import { placedEmbedders } from "@lakefleet/lib/profile/placed-models.ts";
import { indexQueue } from "@lakefleet/queues/index.queue.ts";
import { handleIndex } from "./handle-index.ts";

await runWorkerProcess({
  configuration: configurationOrExit(),
  contract: indexQueue,
  openHandler: async ({ configuration, store, locks, redis, telemetry }) => {
    const embedders = placedEmbedders({ configuration, redis, telemetry });
    const providers: OpenProvider = (embedderId) => embedders.open(embedderId, { threads: 0 });
    return {
      handler: (payload, context) => handleIndex(payload, context, { store, locks, telemetry, providers }),
      close: () => embedders.close(),
    };
  },
});

import { configurationOrExit } from "@lakefleet/config/configuration-or-exit.ts";
import { runWorkerProcess } from "@lakefleet/lib/jobs/run-worker-process.ts";
import { placedEmbedders } from "@lakefleet/lib/profile/placed-models.ts";
import { createQueryEmbedder } from "@lakefleet/lib/search/embed-query.ts";
import { trialQueue } from "@lakefleet/queues/trial.queue.ts";
import { handleTrial } from "./handle-trial.ts";

/** More builds than a search space usually has; the bytes are the bound that matters. */
const graphsMax = 64;

await runWorkerProcess({
  configuration: configurationOrExit(),
  contract: trialQueue,
  openHandler: async ({ configuration, store, locks, redis, telemetry }) => {
    const embedders = placedEmbedders({ configuration, redis, telemetry });
    const embedder = createQueryEmbedder((embedderId) => embedders.open(embedderId, { threads: 0 }));
    const bounds = { countMax: graphsMax, bytesMax: configuration.trialCacheMib * 1024 * 1024 };
    const resources = { store, locks, telemetry, bounds, embed: embedder.embed };
    return {
      handler: (payload, context) => handleTrial(payload, context, resources),
      close: async () => {
        await embedder.close();
        await embedders.close();
      },
    };
  },
});

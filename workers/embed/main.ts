import { configurationOrExit } from "@lakefleet/config/configuration-or-exit.ts";
import { configuredEmbedders } from "@lakefleet/lib/embedding/configured-embedders.ts";
import { runWorkerProcess } from "@lakefleet/lib/jobs/run-worker-process.ts";
import { openGpuSlots } from "@lakefleet/lib/profile/open-gpu-slots.ts";
import { embedQueue } from "@lakefleet/queues/embed.queue.ts";
import { handleEmbed } from "./handle-embed.ts";

await runWorkerProcess({
  configuration: configurationOrExit(),
  contract: embedQueue,
  openHandler: async ({ configuration, store, locks, redis, telemetry }) => {
    const { models, gpuSlots: slotCount } = configuration;
    const embedders = configuredEmbedders({ configuration, redis, telemetry });
    const slots = openGpuSlots({ redis, slotCount, telemetry });
    return {
      handler: (payload, context) =>
        handleEmbed(payload, context, { store, locks, telemetry, embedders, graphics: { models, slots } }),
      close: () => embedders.close(),
    };
  },
});

import { readDataset } from "@lakefleet/lib/dataset/dataset-log.ts";
import { readDefinition } from "@lakefleet/lib/generation/definition-log.ts";
import { quoteTerms } from "@lakefleet/lib/ingest/quote-request.ts";
import type { JobContext } from "@lakefleet/lib/jobs/job-context.ts";
import { readMigration } from "@lakefleet/lib/migration/read-migrations.ts";
import { sampleMigration } from "@lakefleet/lib/migration/sample/sample-migration.ts";
import type { embedQueue } from "@lakefleet/queues/embed.queue.ts";
import type { z } from "zod";
import type { EmbedDependencies } from "./handle-embed.ts";
import { onGraphicsCard } from "./on-graphics-card.ts";

/** Embeds the sample of a migration and predicts from it; a second run finds the prediction there. */
export async function handleSample(
  { index, id }: { index: string; id: string },
  { signal, progress, jobId }: JobContext,
  { store, locks, embedders, graphics }: EmbedDependencies,
): Promise<z.infer<typeof embedQueue.result>> {
  const { to } = await readMigration(store, index, id);
  const { dataset } = await readDefinition(store, index);
  const { sample } = await sampleMigration({
    store,
    index,
    id,
    locks,
    providers: (embedderId) => embedders.open(embedderId, { threads: 0 }),
    hold: (embedderId, task) =>
      onGraphicsCard({ graphics, embedderId, job: jobId, signal }, async (place) => {
        await place.hold();
        return await task({ signal: place.signal, assertHeld: place.hold });
      }),
    terms: graphics && quoteTerms(graphics.models, to.embedderId),
    signal,
    progress,
  });
  const { chunks, embedded, failed, tokens, costUsd } = sample;
  const { version: datasetVersion } = await readDataset(store, dataset);
  return { datasetVersion, chunks, embedded, failed, reused: chunks - embedded - failed, tokens, costUsd };
}

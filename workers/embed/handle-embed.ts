import { availableParallelism } from "node:os";
import { readDataset } from "@lakefleet/lib/dataset/dataset-log.ts";
import {
  type EmbedPendingOptions,
  type EmbedResult,
  embedPending,
} from "@lakefleet/lib/embedding/embed-pending.ts";
import { addUsage, type EmbeddingUsage } from "@lakefleet/lib/embedding/embedding-provider.ts";
import { forgetCached } from "@lakefleet/lib/embedding/forgotten-texts.ts";
import { confirmWhenAsked } from "@lakefleet/lib/embedding/model-identity.ts";
import type { Embedders } from "@lakefleet/lib/embedding/open-embedders.ts";
import { addSpent } from "@lakefleet/lib/embedding/pipeline-meta.ts";
import { openPipeline, type Pipeline } from "@lakefleet/lib/embedding/pipeline-tables.ts";
import { type SyncResult, syncPipeline } from "@lakefleet/lib/embedding/sync-pipeline.ts";
import { readDefinition } from "@lakefleet/lib/generation/definition-log.ts";
import type { JobContext } from "@lakefleet/lib/jobs/job-context.ts";
import { readShadowDefinition } from "@lakefleet/lib/migration/read-migrations.ts";
import type { GpuPlace } from "@lakefleet/lib/profile/use-gpu-model.ts";
import type { ObjectStore } from "@lakefleet/lib/storage/object-store.ts";
import type { Telemetry } from "@lakefleet/lib/telemetry/telemetry.ts";
import type { embedQueue } from "@lakefleet/queues/embed.queue.ts";
import type { z } from "zod";
import { handleSample } from "./handle-sample.ts";
import { type Graphics, onGraphicsCard } from "./on-graphics-card.ts";

export interface EmbedDependencies {
  store: ObjectStore;
  locks: string;
  telemetry: Telemetry;
  embedders: Pick<Embedders, "open">;
  /** Without it no model waits for a graphics card. */
  graphics?: Graphics;
}

/** Brings a pipeline level with the dataset as it is now, or samples it by a model that it does not have. */
export async function handleEmbed(
  payload: z.infer<typeof embedQueue.payload>,
  context: JobContext,
  dependencies: EmbedDependencies,
): Promise<z.infer<typeof embedQueue.result>> {
  const { index, migration } = payload;
  return migration?.step === "sample"
    ? handleSample({ index, id: migration.id }, context, dependencies)
    : bringLevel({ index, migration: migration?.id }, context, dependencies);
}

/** Of several waiting jobs the first does the work. */
async function bringLevel(
  { index, migration }: { index: string; migration: string | undefined },
  { signal, progress, jobId }: JobContext,
  { store, locks, telemetry, embedders, graphics }: EmbedDependencies,
): Promise<z.infer<typeof embedQueue.result>> {
  const begin = performance.now();
  const definition =
    migration === undefined
      ? await readDefinition(store, index)
      : await readShadowDefinition(store, index, migration);
  const version = await readDataset(store, definition.dataset);
  const pipeline = await openPipeline({ store, index, name: definition.pipeline, locks });
  // Rows that bring their vectors need nobody who makes any.
  const provider =
    definition.vectors === undefined
      ? embedders.open(definition.embedderId, { threads: availableParallelism() })
      : undefined;
  try {
    const synced = await syncPipeline({ pipeline, store, definition, version, signal, progress });
    const result =
      provider === undefined
        ? await keepBrought(pipeline, synced)
        : withKept(
            await onGraphicsCard({ graphics, embedderId: provider.embedderId, job: jobId, signal }, (place) =>
              embedOnPlace(place, { pipeline, provider, store, progress }),
            ),
            synced.chunksKept,
          );
    await forgetCached({ store, pipeline });
    const { chunks: _chunks, ...totals } = result;
    telemetry.emit("embed.finished", { index, ...totals, durationMs: performance.now() - begin });
    return { datasetVersion: synced.datasetVersion, ...result };
  } finally {
    pipeline.close();
    await provider?.close();
  }
}

/** The model is asked for nothing, and no place is taken, where no chunk is pending. */
async function embedOnPlace(
  { signal, hold }: GpuPlace,
  work: Pick<EmbedPendingOptions, "pipeline" | "provider" | "progress"> & { store: ObjectStore },
): Promise<EmbedResult> {
  const { store, pipeline, provider } = work;
  const probes = { tokens: 0, costUsd: 0 };
  const onUsage = (usage: EmbeddingUsage) => addUsage(probes, usage);
  const confirmModel = confirmWhenAsked({ store, provider, signal, onUsage });
  const confirm = async () => {
    await confirmModel();
    await hold();
  };
  try {
    const result = await embedPending({ ...work, signal, ready: hold, confirm });
    addUsage(result, probes);
    return result;
  } finally {
    await pipeline.commit(() => addSpent(pipeline, probes.costUsd));
  }
}

/** Chunks whose text was there before count as reused like those that the cache knew. */
function withKept(result: EmbedResult, kept: number): EmbedResult {
  return { ...result, chunks: result.chunks + kept, reused: result.reused + kept };
}

async function keepBrought(
  pipeline: Pipeline,
  { chunksAdded, chunksFailed }: SyncResult,
): Promise<EmbedResult> {
  await pipeline.sync();
  const free = { embedded: 0, resplit: 0, tokens: 0, costUsd: 0 };
  return { chunks: chunksAdded, reused: chunksAdded - chunksFailed, failed: chunksFailed, ...free };
}

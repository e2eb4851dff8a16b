import type { JobContext } from "@lakefleet/lib/jobs/job-context.ts";
import type { ObjectStore } from "@lakefleet/lib/storage/object-store.ts";
import type { Telemetry } from "@lakefleet/lib/telemetry/telemetry.ts";
import type { embedQueue } from "@lakefleet/queues/embed.queue.ts";
import type { z } from "zod";

export interface EmbedDependencies {
  store: ObjectStore;
  locks: string;
  telemetry: Telemetry;
}

export async function handleEmbed(
  payload: z.infer<typeof embedQueue.payload>,
  context: JobContext,
  dependencies: EmbedDependencies,
): Promise<z.infer<typeof embedQueue.result>> {
  throw new Error(`not wired yet ${payload} ${context} ${dependencies}`);
}

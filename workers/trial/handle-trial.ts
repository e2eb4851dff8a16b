import type { JobContext } from "@lakefleet/lib/jobs/job-context.ts";
import type { Telemetry } from "@lakefleet/lib/telemetry/telemetry.ts";
import type { TrialResources } from "@lakefleet/lib/trial/build/measure-trial.ts";
import { runTrial } from "@lakefleet/lib/trial/build/run-trial.ts";
import type { trialQueue } from "@lakefleet/queues/trial.queue.ts";
import type { z } from "zod";

/** Measures one configuration on what serves now. */
export async function handleTrial(
  { intent, ...task }: z.infer<typeof trialQueue.payload>,
  { signal, progress }: JobContext,
  dependencies: TrialResources & { telemetry: Telemetry },
): Promise<z.infer<typeof trialQueue.result>> {
  const begin = performance.now();
  const record = await runTrial({ ...dependencies, task: { ...task, trial: intent }, signal, progress });
  const { index, trial, generation, recall, p50Ms, p95Ms, buildMs, graphReused } = record;
  dependencies.telemetry.emit("trial.finished", {
    index,
    trial,
    graphReused,
    durationMs: performance.now() - begin,
  });
  return { trial, generation, recall, p50Ms, p95Ms, buildMs };
}

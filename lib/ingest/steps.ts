import { embedQueue } from "@lakefleet/queues/embed.queue.ts";
import { indexQueue, type Promotion } from "@lakefleet/queues/index.queue.ts";
import { ingestQueue } from "@lakefleet/queues/ingest.queue.ts";
import { flowStep } from "../jobs/flow-step.ts";
import type { IntentJob } from "../jobs/intent-record.ts";
import type { IngestPayload } from "./plan-ingest.ts";

/** The chain from a file to a searchable row, first step first; the last one is the job that the client follows. */
export function ingestSteps(payload: IngestPayload): IntentJob[] {
  const ingest = flowStep(ingestQueue, payload);
  return payload.index ? [ingest, ...indexSteps(payload.intent, payload.index.name)] : [ingest];
}

/** The chain that brings one index level with its dataset. */
export function indexSteps(intent: string, index: string): IntentJob[] {
  return [flowStep(embedQueue, { intent, index }), ...buildSteps(intent, index)];
}

/** The chain that builds what the pipeline holds already and lets it serve. */
export function buildSteps(intent: string, index: string): IntentJob[] {
  return [
    flowStep(indexQueue, { step: "build", intent, index }),
    flowStep(indexQueue, { step: "gate", intent, index }),
    flowStep(indexQueue, { step: "promote", intent, index }),
  ];
}

/** The one job that samples an index by another model. */
export function sampleSteps(intent: string, index: string, migration: string): IntentJob[] {
  return [flowStep(embedQueue, { intent, index, migration: { id: migration, step: "sample" } })];
}

/** The chain that builds an index by another model and proves it, beside what serves. */
export function shadowSteps(intent: string, index: string, migration: string): IntentJob[] {
  return [
    flowStep(embedQueue, { intent, index, migration: { id: migration, step: "shadow" } }),
    flowStep(indexQueue, { step: "build", intent, index, migration }),
    flowStep(indexQueue, { step: "gate", intent, index, migration }),
  ];
}

/** The chain that lets a trial's configuration serve; the chunks and their vectors are there already. */
export function promotionSteps(intent: string, index: string, promotion: Promotion): IntentJob[] {
  return (["build", "gate", "promote"] as const).map((step) =>
    flowStep(indexQueue, { step, intent, index, promotion }),
  );
}

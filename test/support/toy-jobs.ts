import { embedQueue } from "@lakefleet/queues/embed.queue.ts";
import { indexQueue } from "@lakefleet/queues/index.queue.ts";
import { ingestQueue } from "@lakefleet/queues/ingest.queue.ts";
import { refreshQueue } from "@lakefleet/queues/refresh.queue.ts";
import { flowStep } from "../../lib/jobs/flow-step.ts";
import { newIntentId } from "../../lib/jobs/intent-id.ts";
import type { IntentJob } from "../../lib/jobs/intent-record.ts";

/** The five steps from a file to a promoted generation. */
export function ingestFlow(intent: string = newIntentId()): IntentJob[] {
  const source = { kind: "file" as const, path: "/toy.csv", name: "toy.csv", uploaded: false };
  const ingest = {
    intent,
    source,
    dataset: "toy",
    mode: "append" as const,
    onError: "refuse" as const,
    textColumns: ["text"],
    metadataColumns: [],
    index: { name: "toy" },
  };
  return [
    flowStep(ingestQueue, ingest),
    flowStep(embedQueue, { intent, index: "toy" }),
    flowStep(indexQueue, { intent, index: "toy", step: "build" }),
    flowStep(indexQueue, { intent, index: "toy", step: "gate" }),
    flowStep(indexQueue, { intent, index: "toy", step: "promote" }),
  ];
}

/** One plain job. */
export function refreshJob(intent: string = newIntentId()): IntentJob[] {
  return [flowStep(refreshQueue, { intent, dataset: "toy" })];
}

export const ingestResult = {
  dataset: "toy",
  version: 1,
  noop: false,
  rows: 3,
  rowsAdded: 3,
  rowsUpdated: 0,
  rowsRemoved: 0,
  rowsRejected: 0,
};
export const embedResult = { datasetVersion: 1, chunks: 3, embedded: 3, reused: 0, failed: 0, costUsd: 0 };
export const indexResult = { generation: "g1", datasetVersion: 1, vectorCount: 3, reused: false };
export const refreshResult = { datasetVersion: 1, current: ["toy"], started: [] };

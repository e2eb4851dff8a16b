import { embedQueue } from "./embed.queue.ts";
import { indexQueue } from "./index.queue.ts";
import { ingestQueue } from "./ingest.queue.ts";
import { refreshQueue } from "./refresh.queue.ts";
import { trialQueue } from "./trial.queue.ts";

/** Every queue there is. A new queue is its contract, its handler, its `main.ts`, and a line here and in the pools. */
export const queueRegistry = {
  ingest: ingestQueue,
  embed: embedQueue,
  index: indexQueue,
  trial: trialQueue,
  refresh: refreshQueue,
} as const;

import type { z } from "zod";

/** How often and how patiently a failed attempt is repeated; the engine's own option names. */
export interface JobOptions {
  attempts: number;
  backoff: { type: "exponential" | "fixed"; delay: number; jitter?: number };
}

/** The whole contract of one queue: what goes in, what comes out, under which id, with which patience. */
export interface QueueContract<Payload extends z.ZodType, Result extends z.ZodType> {
  name: QueueName;
  payload: Payload;
  result: Result;
  /** Same work, same id: adding a job twice is one job. Neither an integer nor with a `:` in it. */
  jobId: (payload: z.infer<Payload>) => string;
  options: JobOptions;
  /** One attempt may take this long; then its signal aborts and the attempt counts as failed. */
  timeoutMs: number;
}

export const queueNames = ["ingest", "embed", "index", "trial", "refresh"] as const;
export type QueueName = (typeof queueNames)[number];

export function defineQueue<Payload extends z.ZodType, Result extends z.ZodType>(
  contract: QueueContract<Payload, Result>,
): QueueContract<Payload, Result> {
  return contract;
}

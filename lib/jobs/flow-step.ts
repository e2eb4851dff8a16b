import type { QueueContract } from "@lakefleet/queues/define-queue.ts";
import type { z } from "zod";
import { DomainError } from "../errors/domain-error.ts";
import type { IntentJob } from "./intent-record.ts";

/** One step of a flow: a job of `contract`'s queue. The payload is checked here; a bad one is `invalid` (`job-payload`). */
export function flowStep<Payload extends z.ZodType<Record<string, unknown>>, Result extends z.ZodType>(
  contract: QueueContract<Payload, Result>,
  payload: z.infer<Payload>,
): IntentJob {
  const parsed = contract.payload.safeParse(payload);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const field = issue?.path.join(".");
    throw new DomainError({
      kind: "invalid",
      type: "job-payload",
      message: `The payload of a job for the queue ${contract.name} is not valid: ${field ? `${field}: ` : ""}${issue?.message}`,
      field,
      cause: parsed.error,
    });
  }
  return { queue: contract.name, id: contract.jobId(parsed.data), payload: parsed.data };
}

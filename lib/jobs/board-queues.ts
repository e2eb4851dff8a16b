import { queueNames } from "@lakefleet/queues/define-queue.ts";
import type { Queue } from "bullmq";
import type { Queues } from "./open-queues.ts";

/** The queues as Bull Board takes them; they close with the facade that they come from. */
export function openQueuesForBoard(queues: Queues): Queue[] {
  return queueNames.map((name) => queues.byName[name]);
}

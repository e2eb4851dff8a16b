import type { QueueName } from "@lakefleet/queues/define-queue.ts";
import type { Intent } from "./intent-state.ts";
import { type JobReaders, type JobState, type JobView, jobView, snapshotsOf } from "./read-job.ts";

export interface JobFilter {
  /** Every job of that queue; without it the root jobs of all requests. */
  queue?: QueueName | undefined;
  state?: JobState | undefined;
  limit: number;
}

/** Requests that are looked at for one list, so that a filter which nothing matches ends too. */
const examinedMax = 5_000;
const pageSize = 200;

/** The newest jobs that match, newest first. */
export async function listJobs(readers: JobReaders, filter: JobFilter): Promise<JobView[]> {
  await readers.intents.refresh();
  const newest = readers.intents.newest(examinedMax).filter((intent) => couldMatch(intent, filter));
  const found: JobView[] = [];
  for (let start = 0; start < newest.length && found.length < filter.limit; start += pageSize) {
    const page = newest.slice(start, start + pageSize);
    const snapshots = await snapshotsOf(readers.queues, page);
    for (const intent of page) {
      for (const [position, job] of intent.accepted.jobs.entries()) {
        const listed =
          filter.queue === undefined ? job === intent.accepted.jobs.at(-1) : job.queue === filter.queue;
        if (!listed) continue;
        const view = jobView(intent, position, snapshots);
        if (filter.state === undefined || view.state === filter.state) found.push(view);
      }
    }
  }
  return found.slice(0, filter.limit);
}

/** Spares Redis the requests whose state the log alone tells. */
function couldMatch(intent: Intent, { queue, state }: JobFilter): boolean {
  if (queue !== undefined || state === undefined || intent.ended === undefined) return true;
  return intent.ended.state === state;
}

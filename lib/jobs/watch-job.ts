import { setTimeout as pause } from "node:timers/promises";
import { type JobReaders, type JobView, readJob } from "./read-job.ts";

/** Five looks a second: progress is sent at most four times a second, so no step is missed. */
const lookEveryMs = 200;

/** The job's view now and after each change, until it has ended or the signal aborts. */
export async function* watchJob(
  readers: JobReaders,
  job: { queue: string; id: string },
  signal: AbortSignal,
): AsyncGenerator<JobView, void, void> {
  let last = "";
  while (!signal.aborted) {
    const view = await readJob(readers, job.queue, job.id);
    const text = JSON.stringify(view);
    if (text !== last) yield view;
    last = text;
    if (view.state !== "waiting" && view.state !== "active") return;
    await pause(lookEveryMs, undefined, { signal }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }
}

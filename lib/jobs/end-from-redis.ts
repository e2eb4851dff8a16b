import type { Telemetry } from "../telemetry/telemetry.ts";
import type { JobReference } from "./intent-record.ts";
import type { Intent } from "./intent-state.ts";
import type { Intents } from "./intents.ts";
import { readProblem } from "./job-error.ts";
import type { Queues } from "./open-queues.ts";
import { recordFailure } from "./record-failure.ts";

/** Ends an intent in the log whose root has finished in Redis, where the worker died before it could say so. */
export async function endFromRedis(
  options: { queues: Queues; intents: Intents; telemetry: Telemetry },
  intent: Intent,
): Promise<boolean> {
  const { intents, queues, telemetry } = options;
  const { jobs, intent: id } = intent.accepted;
  const isEnded = () => intents.read(id)?.ended !== undefined;
  const load = ({ queue, id: jobId }: JobReference) => queues.byName[queue].getJob(jobId);
  const root = await load(jobs.at(-1)!);
  if (root?.finishedOn === undefined) return false;
  const at = new Date().toISOString();
  if (root.failedReason === undefined || root.failedReason === "") {
    const result: unknown = root.returnvalue;
    await intents.append({ kind: "ended", intent: id, round: intent.round, at, state: "completed", result });
    return true;
  }
  for (const reference of jobs) {
    const job = await load(reference);
    if (job?.finishedOn !== undefined && job.failedReason) {
      await recordFailure({ job, intents, telemetry });
    }
    if (isEnded()) return true;
  }
  const error = readProblem(root.failedReason);
  await intents.append({ kind: "ended", intent: id, round: intent.round, at, state: "failed", error });
  return true;
}

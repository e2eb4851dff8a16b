import { setTimeout as wait } from "node:timers/promises";
import { SingleBar } from "cli-progress";
import { CliError, errorFromProblem } from "./cli-error.ts";
import type { HttpClient, JobView } from "./http-client.ts";

/** Fast enough to look alive, slow enough that following costs the server nothing. */
const pollMs = 200;

/** Waits until the job has ended, with a bar on a terminal's stderr; anything but `completed` is an error. */
export async function followJob(client: HttpClient, url: string): Promise<JobView> {
  const bar = process.stderr.isTTY
    ? new SingleBar({ format: "{step} [{bar}] {percentage}% {rate} {eta_text}", stream: process.stderr })
    : undefined;
  bar?.start(1, 0, { step: "waiting", rate: "", eta_text: "" });
  try {
    for (;;) {
      const job = await client.get<JobView>(url);
      bar?.setTotal(Math.max(1, job.progress?.total ?? 1));
      bar?.update(
        job.state === "completed" ? Math.max(1, job.progress?.total ?? 1) : (job.progress?.done ?? 0),
        describe(job),
      );
      if (job.state === "completed") return job;
      if (job.state === "failed" && job.error) throw errorFromProblem(job.error);
      if (job.state !== "waiting" && job.state !== "active")
        throw new CliError(`The job ${job.id} was ${job.state}.`, 1);
      await wait(pollMs);
    }
  } finally {
    bar?.stop();
  }
}

function describe(job: JobView) {
  const running = job.children.find((child) => child.state === "active");
  const step = (running ?? job).id.split(".").at(-1) ?? job.queue;
  const rate = job.progress?.rate ? `${Math.round(job.progress.rate)} ${job.progress.unit}/s` : "";
  const eta = job.progress?.eta_seconds;
  return {
    step: step.padEnd(8),
    rate,
    eta_text:
      job.waiting_for?.detail ?? (eta === null || eta === undefined ? "" : `${Math.ceil(eta)} s left`),
  };
}

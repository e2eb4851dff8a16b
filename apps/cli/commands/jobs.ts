import type { Command } from "commander";
import { contextOf, print } from "../context.ts";
import { followJob } from "../follow-job.ts";
import type { JobView } from "../http-client.ts";

export function addJobsCommand(program: Command): void {
  const jobs = program.command("jobs").description("list, follow, retry and cancel jobs");
  jobs
    .command("list", { isDefault: true })
    .option("--queue <queue>", "ingest, embed, index, trial or refresh")
    .option("--state <state>", "waiting, active, completed, failed, cancelled or quarantined")
    .option("--limit <n>", "how many", "20")
    .action(async (options: Record<string, string>, command: Command) => {
      const context = contextOf(command);
      const answer = await context.client.get<{ jobs: JobView[] }>(`/jobs?${new URLSearchParams(options)}`);
      print(context, answer, () => (answer.jobs.length > 0 ? answer.jobs.map(line) : ["no jobs"]));
    });
  jobs.command("show <queue> <id>").action(async (queue: string, id: string, _options, command: Command) => {
    const context = contextOf(command);
    const job = await context.client.get<JobView>(jobPath(queue, id));
    print(context, job, () => [
      line(job),
      ...job.children.map((child) => `  ${child.queue} ${child.id} ${child.state}`),
      ...(job.logs ?? []),
    ]);
  });
  jobs
    .command("follow <queue> <id>")
    .action(async (queue: string, id: string, _options, command: Command) => {
      const context = contextOf(command);
      const job = await followJob(context.client, jobPath(queue, id));
      print(context, job, () => [line(job)]);
    });
  jobs.command("retry <queue> <id>").action(async (queue: string, id: string, _options, command: Command) => {
    const context = contextOf(command);
    const answer = await context.client.post<{ job: { url: string } }>(`${jobPath(queue, id)}/retry`);
    print(context, answer, () => [`accepted: ${answer.job.url}`]);
  });
  jobs
    .command("cancel <queue> <id>")
    .action(async (queue: string, id: string, _options, command: Command) => {
      const context = contextOf(command);
      const job = await context.client.delete<JobView>(jobPath(queue, id));
      print(context, job, () => [line(job)]);
    });
}

function jobPath(queue: string, id: string): string {
  return `/jobs/${encodeURIComponent(queue)}/${encodeURIComponent(id)}`;
}

function line(job: JobView): string {
  const progress = job.progress ? ` ${job.progress.done}/${job.progress.total} ${job.progress.unit}` : "";
  const waiting = job.waiting_for ? ` waits until ${job.waiting_for.until}: ${job.waiting_for.detail}` : "";
  return `${job.queue} ${job.id} ${job.state}${progress}${waiting}${job.error ? ` ${job.error.type}: ${job.error.detail}` : ""}`;
}

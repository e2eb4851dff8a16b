import { type Command, Option } from "commander";
import { CliError } from "../cli-error.ts";
import { type CliContext, contextOf, print } from "../context.ts";
import { followJob } from "../follow-job.ts";

interface RefreshOptions {
  policy?: "manual" | "on-append" | "cron";
  cron?: string;
  timezone?: string;
  debounceMs?: string;
  wait: boolean;
}

interface StaleIndex {
  dataset: string;
  index: string;
  since: string;
  rows_behind: number;
  cause: string;
  taken_back: boolean;
  policy: { kind: string };
}

export function addRefreshCommands(program: Command): void {
  program
    .command("stale")
    .description("indexes whose answers are not those of their dataset as it is now")
    .action(async (_options: unknown, command: Command) => {
      const context = contextOf(command);
      const answer = await context.client.get<{ stale: StaleIndex[] }>("/vectors/stale");
      const lines = answer.stale.map(
        ({ dataset, index, since, rows_behind, cause, taken_back, policy }) =>
          `${index}: ${rows_behind} rows of ${dataset} behind since ${since} (${cause}); ` +
          (taken_back ? "rolled back, so it waits for the next write" : `follows ${policy.kind}`),
      );
      print(context, answer, () => (lines.length > 0 ? lines : ["nothing is stale"]));
    });
  program
    .command("refresh <dataset>")
    .description("bring every index of a dataset up to date, or say when they do so by themselves")
    .addOption(new Option("--policy <kind>", "only set this").choices(["manual", "on-append", "cron"]))
    .option("--cron <expression>", "with cron: when, such as 0 3 * * *")
    .option("--timezone <name>", "with cron: whose clock, such as Europe/Vienna (default: UTC)")
    .option("--debounce-ms <n>", "with on-append: how long writes must pause")
    .option("--no-wait", "return once the request is accepted")
    .action(async (dataset: string, options: RefreshOptions, command: Command) => {
      const context = contextOf(command);
      await (options.policy === undefined
        ? refresh(context, dataset, options.wait)
        : setPolicy(context, dataset, options));
    });
}

async function setPolicy(context: CliContext, dataset: string, options: RefreshOptions): Promise<void> {
  const { policy: kind, cron, timezone, debounceMs } = options;
  const fields = {
    kind,
    cron,
    timezone,
    debounce_ms: debounceMs === undefined ? undefined : Number(debounceMs),
  };
  const answer = await context.client.put(`/vectors/refresh/${encodeURIComponent(dataset)}/policy`, fields);
  print(context, answer, () => [`the indexes of ${dataset} follow it: ${kind}${cron ? ` ${cron}` : ""}`]);
}

async function refresh(context: CliContext, dataset: string, wait: boolean): Promise<void> {
  const { client } = context;
  const path = `/vectors/refresh/${encodeURIComponent(dataset)}`;
  const { job } = await client.post<{ job: { url: string } }>(path);
  if (!wait) return print(context, { job }, () => [`accepted: ${job.url}`]);
  const ended = await followJob(client, job.url);
  const { started, current } = ended.result as {
    started: { index: string; intent: string }[];
    current: string[];
  };
  const failures: string[] = [];
  for (const { index, intent } of started) {
    try {
      await followJob(client, `/jobs/index/${intent}.promote`);
    } catch (error) {
      // One index that cannot be refreshed says nothing of the others.
      if (!(error instanceof CliError)) throw error;
      failures.push(`${index}: ${error.message}`);
    }
  }
  if (failures.length > 0) throw new CliError(failures.join("; "), 1);
  print(context, ended.result, () => [
    ...started.map(({ index }) => `${index}: refreshed`),
    ...current.map((index) => `${index}: nothing to do`),
  ]);
}

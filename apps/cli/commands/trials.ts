import { writeFile } from "node:fs/promises";
import { type Command, Option } from "commander";
import { CliError } from "../cli-error.ts";
import { type CliContext, contextOf, print } from "../context.ts";
import { followJob } from "../follow-job.ts";
import type { BestTrial, TrialJournal } from "../trial-lines.ts";
import { bestLines, journalLines } from "../trial-lines.ts";

interface TuneOptions {
  grid?: string;
  k?: string;
  evalSet?: string;
  sample?: string;
  why: string;
  promote?: boolean;
}

interface TrialsOptions {
  best?: string;
  floor: string;
  limit: string;
  svg?: string;
}

export function addTrialCommands(program: Command): void {
  program
    .command("tune <index>")
    .description("measure every configuration of a grid and name the best")
    .option("--grid <json>", 'values to combine, such as {"connectivity":[12,16],"expansionSearch":[32,64]}')
    .option("-k <n>", "how many hits each search asks for")
    .option("--eval-set <name>", "whose queries are asked")
    .option("--sample <share>", "measure on a share of the chunks only, above 0 and up to 1")
    .option("--why <text>", "kept in the journal", "tuned on the command line")
    .option("--promote", "build, gate and promote the best one (by pareto)")
    .action(async (index: string, options: TuneOptions, command: Command) => {
      await tune(contextOf(command), index, options);
    });
  program
    .command("trials <index>")
    .description("what was measured of an index, and what was promoted by whom and why")
    .addOption(new Option("--best <metric>", "only the best one").choices(["recall", "latency", "pareto"]))
    .option("--floor <recall>", "the least recall that the best may have", "0.9")
    .option("--limit <n>", "how many records, newest first", "20")
    .option("--svg <file>", "write the plot of recall against p95 there")
    .action(async (index: string, options: TrialsOptions, command: Command) => {
      await showTrials(contextOf(command), index, options);
    });
}

async function tune(context: CliContext, index: string, options: TuneOptions): Promise<void> {
  const { client } = context;
  const name = encodeURIComponent(index);
  const { jobs } = await client.post<{ jobs: { url: string }[] }>(`/vectors/hnsw/autotune/${name}`, {
    why: options.why,
    ...(options.grid === undefined ? {} : { grid: parseGrid(options.grid) }),
    ...(options.k === undefined ? {} : { k: Number(options.k) }),
    ...(options.evalSet === undefined ? {} : { eval_set: options.evalSet }),
    ...(options.sample === undefined ? {} : { sample_share: Number(options.sample) }),
  });
  const failures: string[] = [];
  for (const [place, { url }] of jobs.entries()) {
    process.stderr.write(`trial ${place + 1} of ${jobs.length}\n`);
    try {
      await followJob(client, url);
    } catch (error) {
      // One configuration that cannot be measured says nothing of the others.
      if (!(error instanceof CliError)) throw error;
      failures.push(error.message);
    }
  }
  for (const failure of failures) process.stderr.write(`not measured: ${failure}\n`);
  if (failures.length === jobs.length) throw new CliError("No configuration could be measured.", 1);
  const answer = await client.get<BestTrial>(`/vectors/hnsw/trials/${name}/best?metric=pareto`);
  print(context, answer, () => bestLines(answer));
  if (!options.promote) return;
  if (answer.best === null) throw new CliError("No trial reaches a recall of 0.9, so none is promoted.", 1);
  const path = `/vectors/hnsw/promote/${name}/${answer.best.trial}`;
  const { job } = await client.post<{ job: { url: string } }>(path, { why: options.why });
  await followJob(client, job.url);
  process.stderr.write("It serves now.\n");
}

async function showTrials(context: CliContext, index: string, options: TrialsOptions): Promise<void> {
  const { client } = context;
  const path = `/vectors/hnsw/trials/${encodeURIComponent(index)}`;
  if (options.svg !== undefined) {
    await writeFile(options.svg, await client.getText(`${path}/pareto.svg`));
    process.stderr.write(`wrote ${options.svg}\n`);
  }
  if (options.best !== undefined) {
    const query = new URLSearchParams({ metric: options.best, recall_floor: options.floor });
    const answer = await client.get<BestTrial>(`${path}/best?${query}`);
    print(context, answer, () => bestLines(answer));
  } else if (options.svg === undefined) {
    const answer = await client.get<TrialJournal>(`${path}?${new URLSearchParams({ limit: options.limit })}`);
    print(context, answer, () => journalLines(answer));
  }
}

function parseGrid(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CliError(`--grid is not JSON: ${cause instanceof Error ? cause.message : cause}`, 2);
  }
}

import type { Command } from "commander";
import { CliError } from "../cli-error.ts";
import { type CliContext, contextOf, print } from "../context.ts";
import { followJob } from "../follow-job.ts";
import { type Comparison, comparisonLines, type ModelMigration, migrationLines } from "../migration-lines.ts";

interface PlanOptions {
  sampleShare?: string;
  seed?: string;
  evalSet?: string;
}

interface Switched {
  state: string;
  embedder: string;
  generation: string | null;
  rollback_until: string | null;
  job: { url: string } | null;
}

export function addMigrateModelCommands(program: Command): void {
  const migrate = program
    .command("migrate-model")
    .description("give an index another embedder, by a shadow beside what serves");
  migrate
    .command("plan <index> <embedder>")
    .description("embed a sample, and predict quality, cost and time of the whole")
    .option("--sample-share <share>", "of the chunks, up to 0.2 (default: 0.02)")
    .option("--seed <n>", "what chooses the sample")
    .option("--eval-set <name>", "whose judged queries are asked")
    .action(async (index: string, embedder: string, options: PlanOptions, command: Command) => {
      await plan(contextOf(command), { index, embedder, options });
    });
  migrate
    .command("build <index>")
    .description("build the shadow, or bring it up to date; only what is new is embedded")
    .action(async (index: string, _options, command: Command) => {
      const context = contextOf(command);
      const path = pathOf(await newestOf(context, index));
      const { job } = await context.client.post<{ job: { url: string } }>(`${path}/shadow`, {});
      await followJob(context.client, job.url);
      await show(context, index);
    });
  migrate
    .command("compare <index> <query...>")
    .description("ask what serves and the shadow the same, and tell how they differ")
    .option("-k, --limit <n>", "how many hits", "10")
    .action(async (index: string, query: string[], { limit }: { limit: string }, command: Command) => {
      const context = contextOf(command);
      const body = { index, query: query.join(" "), k: Number(limit) };
      const answer = await context.client.post<Comparison>("/vectors/ab", body);
      print(context, answer, () => comparisonLines(answer));
    });
  migrate
    .command("cutover <index>")
    .description("let the shadow serve")
    .option("--window-hours <n>", "for how long it can be taken back (default: a week)", Number)
    .action(async (index: string, { windowHours }: { windowHours?: number }, command: Command) => {
      await change(contextOf(command), { index, step: "cutover", body: { window_hours: windowHours } });
    });
  migrate
    .command("rollback <index>")
    .description("let what served before the cutover serve again")
    .action(async (index: string, _options, command: Command) => {
      await change(contextOf(command), { index, step: "rollback", body: {} });
    });
  migrate
    .command("end <index>")
    .description("give the migration up, or close its window after the cutover")
    .action(async (index: string, _options, command: Command) => {
      const context = contextOf(command);
      await context.client.post(`${pathOf(await newestOf(context, index))}/end`, {});
      await show(context, index);
    });
  migrate
    .command("status <index>")
    .description("the index's migrations, newest first")
    .action(async (index: string, _options, command: Command) => {
      const context = contextOf(command);
      const migrations = await listOf(context, index);
      const lines =
        migrations.length === 0 ? ["It has had one model only."] : migrations.flatMap(migrationLines);
      print(context, { migrations }, () => lines);
    });
}

async function plan(
  context: CliContext,
  { index, embedder, options }: { index: string; embedder: string; options: PlanOptions },
): Promise<void> {
  const { sampleShare, seed, evalSet } = options;
  const { job } = await context.client.post<{ job: { url: string } }>(listPath(index), {
    embedder,
    ...(sampleShare === undefined ? {} : { sample_share: Number(sampleShare) }),
    ...(seed === undefined ? {} : { seed: Number(seed) }),
    ...(evalSet === undefined ? {} : { eval_set: evalSet }),
  });
  await followJob(context.client, job.url);
  await show(context, index);
}

async function change(
  context: CliContext,
  { index, step, body }: { index: string; step: string; body: object },
): Promise<void> {
  const path = pathOf(await newestOf(context, index));
  const switched = await context.client.post<Switched>(`${path}/${step}`, body);
  const { state, embedder, generation, rollback_until, job } = switched;
  print(context, switched, () => [
    `${index} is ${state}: ${generation ?? "it"} serves, by ${embedder}.`,
    ...(rollback_until === null ? [] : [`It can be taken back until ${rollback_until}.`]),
    ...(job === null ? [] : [`Newer rows follow: ${job.url}`]),
  ]);
}

async function show(context: CliContext, index: string): Promise<void> {
  const migration = await newestOf(context, index);
  print(context, migration, () => migrationLines(migration));
}

async function newestOf(context: CliContext, index: string): Promise<ModelMigration> {
  const [newest] = await listOf(context, index);
  if (newest !== undefined) return newest;
  throw new CliError(
    `${index} has no migration; begin one: lakefleet migrate-model plan ${index} <embedder>`,
    1,
  );
}

async function listOf({ client }: CliContext, index: string): Promise<ModelMigration[]> {
  return (await client.get<{ migrations: ModelMigration[] }>(listPath(index))).migrations;
}

function listPath(index: string): string {
  return `/vectors/indexes/${encodeURIComponent(index)}/migrations`;
}

function pathOf({ index, id }: ModelMigration): string {
  return `${listPath(index)}/${id}`;
}

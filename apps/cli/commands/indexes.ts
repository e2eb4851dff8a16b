import { type Command, Option } from "commander";
import { configurationOrFail, contextOf, print } from "../context.ts";
import { followJob } from "../follow-job.ts";
import { parseOption } from "../parse-option.ts";
import { printAllIndexes } from "./status.ts";

interface PromoteOptions {
  reason?: string;
  force: boolean;
}

interface Activation {
  index: string;
  generation: string;
  previous: string | null;
  forced: boolean;
}

export function addIndexCommands(program: Command): void {
  program
    .command("indexes")
    .description("every index with its books")
    .action(async (_options, command: Command) => {
      await printAllIndexes(contextOf(command));
    });
  program
    .command("promote <index> <generation>")
    .description("let a certified generation serve")
    .option("--reason <text>", "kept in the history; to be given with --force")
    .option("--force", "without a certificate; takes LAKEFLEET_ADMIN_KEY", false)
    .action(async (index: string, generation: string, options: PromoteOptions, command: Command) => {
      const context = contextOf(command);
      const path = `/vectors/indexes/${encodeURIComponent(index)}/promote`;
      const { adminKey } = configurationOrFail();
      const outcome = await context.client.post<Activation>(
        path,
        { generation, actor: "cli", ...options },
        options.force && adminKey !== undefined ? { authorization: `Bearer ${adminKey}` } : {},
      );
      print(context, outcome, () => [activationLine(outcome)]);
    });
  program
    .command("rollback <index>")
    .description("return to the previous generation, or to a named one")
    .option("--generation <id>", "which one")
    .option("--reason <text>", "kept in the history", "requested on the command line")
    .action(async (index: string, options: { generation?: string; reason: string }, command: Command) => {
      const context = contextOf(command);
      const path = `/vectors/hnsw/rollback/${encodeURIComponent(index)}`;
      const outcome = await context.client.post<Activation>(path, options);
      print(context, outcome, () => [activationLine(outcome)]);
    });
  addMigrateCommand(program);
}

function addMigrateCommand(program: Command): void {
  program
    .command("migrate <index>")
    .description("build the index anew by the other backend, embedding nothing again, and let it serve")
    .addOption(new Option("--to <backend>", "the backend").choices(["lance", "hnsw"]).makeOptionMandatory())
    .option("--parameters <json>", 'settings of the new backend, such as {"kind":"ivf_rq"}')
    .option("--no-wait", "return once the request is accepted")
    .action(async (index: string, options: MigrateOptions, command: Command) => {
      const context = contextOf(command);
      const { job } = await context.client.post<{ job: { url: string } }>(
        `/vectors/lance/migrate/${encodeURIComponent(index)}`,
        {
          to: options.to,
          ...(options.parameters === undefined
            ? {}
            : { parameters: parseOption("--parameters", options.parameters) }),
        },
      );
      if (!options.wait) return print(context, { job }, () => [`accepted: ${job.url}`]);
      const ended = await followJob(context.client, job.url);
      const result = ended.result as { generation: string } | null;
      print(context, ended, () => [`${index} serves ${result?.generation ?? "as asked"} by ${options.to}`]);
    });
}

interface MigrateOptions {
  to: string;
  parameters?: string;
  wait: boolean;
}

function activationLine(outcome: Activation): string {
  return `${outcome.index} serves ${outcome.generation}${outcome.forced ? ", FORCED without a certificate" : ""} (before: ${outcome.previous ?? "nothing"})`;
}

import type { Command } from "commander";
import { contextOf, print } from "../context.ts";
import { printAllIndexes } from "./status.ts";

interface Activation {
  index: string;
  generation: string;
  previous: string | null;
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
    .description("let a gated generation serve")
    .option("--reason <text>", "kept in the history", "requested on the command line")
    .action(async (index: string, generation: string, options: { reason: string }, command: Command) => {
      const context = contextOf(command);
      const path = `/vectors/indexes/${encodeURIComponent(index)}/promote`;
      const outcome = await context.client.post<Activation>(path, { generation, reason: options.reason });
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
}

function activationLine(outcome: Activation): string {
  return `${outcome.index} serves ${outcome.generation} (before: ${outcome.previous ?? "nothing"})`;
}

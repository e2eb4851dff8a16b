import { stat } from "node:fs/promises";
import type { Command } from "commander";
import { CliError } from "../cli-error.ts";
import { contextOf, print } from "../context.ts";
import { sendPath } from "./ingest.ts";

export function addWatchCommand(program: Command): void {
  program
    .command("watch <folder>")
    .description("send every file of a folder, now and whenever one changes, until interrupted")
    .requiredOption("--dataset <name>", "the dataset")
    .option("--mode <mode>", "append, replace or upsert")
    .option("--key <column>", "with upsert: the column that identifies a row")
    .option("--on-error <how>", "refuse or skip")
    .option("--text-columns <columns>", "columns to search, comma-separated")
    .option("--metadata-columns <columns>", "columns to filter by, comma-separated")
    .option("--index <name>", "the index, or none")
    .action(async (folder: string, options, command: Command) => {
      const context = contextOf(command);
      await assertFolder(folder);
      const { watchFolder } = await import("@lakefleet/lib/ingest/watch-folder.ts");
      const watching = watchFolder({
        folder,
        onFiles: async (files) => {
          for (const file of files) {
            try {
              const { job } = await sendPath(context.client, file.path, options);
              print(context, { file: file.name, job }, () => [`${file.name}: accepted, ${job.url}`]);
            } catch (error) {
              // One file that is refused must not keep those that came with it from being sent.
              report(error);
            }
          }
        },
        onError: report,
      });
      await new Promise<void>((resolve) => {
        process.once("SIGINT", resolve);
        process.once("SIGTERM", resolve);
      });
      await watching.close();
    });
}

async function assertFolder(folder: string): Promise<void> {
  try {
    if ((await stat(folder)).isDirectory()) return;
  } catch (error) {
    throw new CliError(`Cannot watch ${folder}: ${error instanceof Error ? error.message : error}`, 2);
  }
  throw new CliError(`${folder} is not a folder.`, 2);
}

function report(error: unknown): void {
  process.stderr.write(`lakefleet: ${error instanceof Error ? error.message : error}\n`);
}

import type { Command } from "commander";
import { CliError } from "../cli-error.ts";
import { configurationOrFail, contextOf, print } from "../context.ts";

export function addVerifyCommand(program: Command): void {
  program
    .command("verify")
    .description("check the data folder (LAKEFLEET_DATA) for damage; the fleet may run meanwhile")
    .option("--deep", "recompute every checksum, open every index, close all books again", false)
    .action(async (options: { deep: boolean }, command: Command) => {
      const context = contextOf(command);
      const { dataFolder } = configurationOrFail();
      // Loaded here: no other command should wait half a second for the engines.
      const { verifyFolder } = await import("../verify-folder.ts");
      const findings = await verifyFolder(dataFolder, options.deep);
      const ok = findings.length === 0;
      print(context, { ok, findings }, () =>
        ok
          ? [`${dataFolder}: all is well`]
          : findings.map(({ type, key, detail }) => `${type}: ${key}: ${detail}`),
      );
      if (!ok) throw new CliError(`${findings.length} problems in ${dataFolder}.`, 1);
    });
}

import { dataLayout } from "@lakefleet/config/layout.ts";
import { openLocalStore } from "@lakefleet/lib/storage/local-store.ts";
import { silentTelemetry } from "@lakefleet/lib/telemetry/telemetry.ts";
import { type LakeFinding, verifyLake } from "@lakefleet/lib/verification/verify-lake.ts";
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
      const layout = dataLayout(dataFolder);
      const store = await openLocalStore({ name: "primary", root: layout.bucket });
      const findings: LakeFinding[] = [];
      const verified = verifyLake({
        store,
        intentsFolder: layout.intents,
        locks: layout.locks,
        telemetry: silentTelemetry(),
        deep: options.deep,
      });
      for await (const finding of verified) findings.push(finding);
      const ok = findings.length === 0;
      print(context, { ok, findings }, () =>
        ok
          ? [`${dataFolder}: all is well`]
          : findings.map(({ type, key, detail }) => `${type}: ${key}: ${detail}`),
      );
      if (!ok) throw new CliError(`${findings.length} problems in ${dataFolder}.`, 1);
    });
}

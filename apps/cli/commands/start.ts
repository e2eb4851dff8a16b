import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";

const launcher = fileURLToPath(new URL("../../fleet/bootstrap.mjs", import.meta.url));

export function addStartCommand(program: Command): void {
  program
    .command("start")
    .description("run the fleet in the foreground, as npm start does")
    .action(async () => {
      const child = spawn(process.execPath, [launcher, "start"], { stdio: "inherit" });
      for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
      const [code] = await once(child, "exit");
      process.exitCode = typeof code === "number" ? code : 1;
    });
}

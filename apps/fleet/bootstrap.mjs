// Runs under any Node from 18 on, before one npm package is installed: hence plain JavaScript and nothing imported
// but Node itself. `node apps/fleet/bootstrap.mjs start|test|verify|faults`.
import path from "node:path";
import { fileURLToPath } from "node:url";
import { dropBrokenAddon, ensureAddon } from "./bootstrap/ensure-addon.mjs";
import { ensurePackages } from "./bootstrap/ensure-packages.mjs";
import { ensureProgram } from "./bootstrap/ensure-program.mjs";
import { projectNode } from "./bootstrap/project-node.mjs";
import { runFaults } from "./bootstrap/run-faults.mjs";
import { runForeground } from "./bootstrap/run-foreground.mjs";
import { runTests } from "./bootstrap/run-tests.mjs";
import { runVerify } from "./bootstrap/run-verify.mjs";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const redisPrograms = ["redis-server", "valkey-server"];

const commands = {
  async start(project) {
    await ensureProgram(redisPrograms);
    // The channel tells the fleet when this process is gone, also by `kill -9`.
    const flags = ["--disable-warning=ExperimentalWarning"];
    return await runForeground(project, { arguments: [...flags, "apps/fleet/main.ts"], channel: true });
  },
  verify: (project) => runVerify(project),
  async test(project) {
    await ensureProgram(redisPrograms);
    await ensureProgram(["strace"]);
    await ensureDatabases();
    await ensureAddon(project);
    return await runTests(project);
  },
  async faults(project, parameters) {
    await ensureProgram(redisPrograms);
    await ensureDatabases();
    return await runFaults(project, parameters);
  },
};

/** Connectors are tested against the servers themselves. */
async function ensureDatabases() {
  await ensureProgram(["postgres"]);
  await ensureProgram(["mariadbd"]);
}

const [name = "start", ...parameters] = process.argv.slice(2);
const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
if (command === undefined) {
  console.error(`lakefleet: there is no "${name}"; it is one of ${Object.keys(commands).join(", ")}`);
  process.exit(2);
}
try {
  process.chdir(root);
  const installed = await ensurePackages(root);
  const project = await projectNode(root);
  if (installed) await dropBrokenAddon(project);
  process.exitCode = await command(project, parameters);
} catch (error) {
  console.error(`lakefleet: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}

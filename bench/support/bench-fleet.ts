import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import path from "node:path";
import { listProcesses, startFleet } from "../../test/support/started-fleet.ts";
import { watchMemory } from "./watch-memory.ts";

export interface BenchFleet {
  url: string;
  dataFolder: string;
  processes(): Promise<FleetProcess[]>;
  /** The most resident memory in MiB since the last `forgetPeaks`, by process name: of several, the largest. */
  peakRssMib(): Record<string, number>;
  forgetPeaks(): Promise<void>;
  /** Stops the fleet as a person does, kills what is left and removes the data folder. */
  stop(): Promise<void>;
}

export interface FleetProcess {
  /** `launcher`, `gateway`, `redis`, or the worker's pool. */
  name: string;
  pid: number;
}

/** On the repository's disk: a temporary folder may be in memory, where a sync costs nothing. */
const benchFolder = path.join(import.meta.dirname, "..", "..", "data", "bench");

/** Where `npm start` keeps them too; without them each process also holds the type stripper. */
const compiledModules = path.join(import.meta.dirname, "..", "..", "node_modules", ".cache", "lakefleet");

export async function makeBenchFolder(name: string): Promise<string> {
  await mkdir(benchFolder, { recursive: true });
  return mkdtemp(path.join(benchFolder, `${name}-`));
}

/** Starts the launcher on a data folder, a new one where none is given, and waits until every pool takes jobs. */
export async function startBenchFleet(
  options: { dataFolder?: string; environment?: Record<string, string> } = {},
): Promise<BenchFleet> {
  const dataFolder = options.dataFolder ?? (await makeBenchFolder("fleet"));
  const fleet = await startFleet({
    dataFolder,
    through: "launcher",
    environment: { LAKEFLEET_SAMPLE: "0", NODE_COMPILE_CACHE: compiledModules, ...options.environment },
  });
  const processes = async () =>
    (await listProcesses(dataFolder)).map(({ pid, command }) => ({ pid, name: nameOf(command) }));
  const clean = async () => {
    await fleet.clean();
    await rm(dataFolder, { recursive: true, force: true });
  };
  try {
    const url = await fleet.ready();
    const memory = await watchMemory(processes);
    return {
      url,
      dataFolder,
      processes,
      peakRssMib: memory.peaksMib,
      forgetPeaks: memory.forget,
      async stop() {
        await memory.stop();
        fleet.launcher.kill("SIGTERM");
        if (fleet.launcher.exitCode === null) await once(fleet.launcher, "exit");
        await clean();
      },
    };
  } catch (error) {
    await clean();
    throw error;
  }
}

function nameOf(command: string): string {
  if (command.includes("redis-server")) return "redis";
  // The program is the last module of the command; what is imported before it stands in front.
  const program = command.match(/\S+\.ts/g)?.at(-1) ?? command;
  const folder = path.basename(path.dirname(program));
  if (program.endsWith("apps/fleet/main.ts")) return "launcher";
  return path.basename(program) === "main.ts" ? folder : path.basename(program, ".ts");
}

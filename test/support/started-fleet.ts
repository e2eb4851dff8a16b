import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, readlink, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

export interface StartedFleet {
  dataFolder: string;
  launcher: ChildProcess;
  /** Everything it has written so far. */
  output(): string;
  /** Resolves with the address once every pool takes jobs. */
  ready(): Promise<string>;
  /** Resolves when the output holds the text. */
  says(text: string): Promise<void>;
  exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** Kills whatever is left and removes the data folder, unless it was given. */
  clean(): Promise<void>;
}

const commands: Record<"npm" | "bootstrap" | "launcher", [string, string[]]> = {
  npm: ["npm", ["start"]],
  bootstrap: [process.execPath, ["apps/fleet/bootstrap.mjs", "start"]],
  launcher: [process.execPath, ["apps/fleet/main.ts"]],
};

/** Runs `npm start`, or what stands behind it, on a data folder and a free port. */
export async function startFleet(options: {
  environment?: Record<string, string>;
  dataFolder?: string;
  /** As a person does, by its first program, or the launcher alone. */
  through?: "npm" | "bootstrap" | "launcher";
}): Promise<StartedFleet> {
  const dataFolder = options.dataFolder ?? (await mkdtemp(path.join(os.tmpdir(), "lakefleet-e2e-")));
  const [program, parameters] = commands[options.through ?? "launcher"];
  const launcher = spawn(program, parameters, {
    cwd: root,
    env: {
      ...process.env,
      REDIS_URL: "",
      LAKEFLEET_PORT: "0",
      LAKEFLEET_SAMPLE: "0",
      ...options.environment,
      LAKEFLEET_DATA: dataFolder,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [launcher.stdout, launcher.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk) => {
      output += chunk;
    });
  }
  const exited = once(launcher, "exit").then(([code, signal]) => ({ code, signal }));
  const readyLine = /Lakefleet is ready on (\S+)/;
  return {
    dataFolder,
    launcher,
    exited,
    output: () => output,
    async ready() {
      await waitUntil(
        () => readyLine.test(output),
        () => `the fleet is ready; it said: ${output}`,
      );
      return readyLine.exec(output)?.[1] ?? "";
    },
    says: (text) =>
      waitUntil(
        () => output.includes(text),
        () => `"${text}" in: ${output}`,
      ),
    async clean() {
      for (const { pid } of await listProcesses(dataFolder)) killIfThere(pid);
      await nothingIsLeft(dataFolder);
      if (options.dataFolder === undefined) await rm(dataFolder, { recursive: true, force: true });
    },
  };
}

export interface LivingProcess {
  pid: number;
  command: string;
  /** What it was started with, each variable ended by a zero byte. */
  environment: string;
}

/**
 * Every living process of this data folder, found without a process tree to lose one from: by its environment, and
 * Redis, which writes its title over that, by the folder it works in.
 */
export async function listProcesses(dataFolder: string): Promise<LivingProcess[]> {
  const found: LivingProcess[] = [];
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const process = await readProcess(name);
    if (process === undefined) continue;
    const isOurs =
      process.environment.includes(`LAKEFLEET_DATA=${dataFolder}\0`) ||
      process.folder === path.join(dataFolder, "redis");
    if (isOurs) found.push({ pid: Number(name), ...process });
  }
  return found;
}

/** Resolves when no process of the data folder lives any more. */
export async function nothingIsLeft(dataFolder: string): Promise<void> {
  let left: LivingProcess[] = [];
  await waitUntil(
    async () => {
      left = await listProcesses(dataFolder);
      return left.length === 0;
    },
    () => `nothing runs any more: ${left.map(({ command }) => command).join("; ")}`,
  );
}

// Long enough for a start on a loaded machine with two cores.
const waitMaxMs = 90_000;

export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  what: () => string,
): Promise<void> {
  const deadline = Date.now() + waitMaxMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`not within ${waitMaxMs / 1_000} s: ${what()}`);
    await wait(50);
  }
}

/** Undefined for a process that has gone in the meantime, and for a zombie, which has neither. */
async function readProcess(
  pid: string,
): Promise<{ environment: string; command: string; folder: string } | undefined> {
  try {
    const [environment, command, folder] = await Promise.all([
      readFile(`/proc/${pid}/environ`, "utf8"),
      readFile(`/proc/${pid}/cmdline`, "utf8"),
      readlink(`/proc/${pid}/cwd`),
    ]);
    return { environment, command: command.replaceAll("\0", " ").trim(), folder };
  } catch {
    return undefined;
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

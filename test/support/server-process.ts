import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { accessSync, chmodSync, chownSync, constants, existsSync, mkdtempSync, readdirSync } from "node:fs";
import { createServer } from "node:net";
import os from "node:os";
import path from "node:path";

/** Servers refuse to run as root; `nobody` is on every system. */
const identity = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

/** Where distributions put server programs that are not on the PATH; Debian keeps those of PostgreSQL apart. */
function serverFolders(): string[] {
  const versions = "/usr/lib/postgresql";
  const folders = existsSync(versions)
    ? readdirSync(versions).map((version) => `${versions}/${version}/bin`)
    : [];
  return ["/usr/sbin", "/usr/libexec", ...folders];
}

/** The whole path of a server's program; an error names what is to be installed. */
export function findProgram(names: readonly string[], need: string): string {
  const places = [...(process.env.PATH ?? "").split(path.delimiter), ...serverFolders()];
  for (const name of names) {
    for (const folder of places) {
      const file = path.join(folder, name);
      if (existsSync(file) && isExecutable(file)) return file;
    }
  }
  throw new Error(`There is no ${names.join(" or ")}; install ${need}.`);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A folder that belongs to who runs the server. */
export function serverFolder(name: string): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), `lakefleet-${name}-`));
  chmodSync(folder, 0o711);
  if (identity.uid !== undefined) chownSync(folder, identity.uid, identity.gid);
  return folder;
}

/** Runs a program to its end as who runs the server; fails with what it wrote. */
export function runAsServer(program: string, parameters: readonly string[], folder: string): void {
  const { status, stderr, stdout } = spawnSync(program, parameters, {
    ...identity,
    cwd: folder,
    env: { ...process.env, HOME: folder },
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`${program} failed: ${stdout}${stderr}`);
}

export interface ServerProcess {
  start(): Promise<void>;
  /** Kills it without warning; its data stays. */
  kill(): Promise<void>;
}

export function serverProcess(options: {
  program: string;
  parameters: readonly string[];
  folder: string;
  answers: () => Promise<boolean>;
  /** Where SIGKILL would leave processes behind that keep the data from the next start. */
  killSignal?: NodeJS.Signals;
}): ServerProcess {
  const { program, parameters, folder, answers, killSignal = "SIGKILL" } = options;
  let child: ChildProcess | undefined;
  return {
    async start() {
      let output = "";
      child = spawn(program, parameters, {
        ...identity,
        cwd: folder,
        env: { ...process.env, HOME: folder },
        stdio: ["ignore", "pipe", "pipe"],
      });
      for (const stream of [child.stdout, child.stderr]) {
        stream?.setEncoding("utf8").on("data", (chunk: string) => {
          output = (output + chunk).slice(-4_000);
        });
      }
      const deadline = performance.now() + 30_000;
      while (!(await answers())) {
        if (child.exitCode !== null || performance.now() > deadline) {
          throw new Error(`${program} did not start: ${output}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
    },
    async kill() {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, "exit");
      child.kill(killSignal);
      await exited;
    },
  };
}

/** A port that was free a moment ago; servers that cannot choose one themselves are given it. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { redisSocket } from "@lakefleet/config/layout.ts";
import type { FailpointName } from "@lakefleet/lib/storage/failpoint.ts";
import { type RedisServer, startRedisServer } from "./redis-server.ts";
import { waitFor } from "./wait-for.ts";

/** What one ingest passes through. */
export const roles = ["api", "serve", "ingest", "embed", "index"] as const;
/** Those that tune; only their own test starts them. */
export const tuners = ["trial", "agent"] as const;
/** Those that follow data and folders; only their own tests start them. */
export const followers = ["refresh", "watch"] as const;
export type Role = (typeof roles)[number] | (typeof tuners)[number] | (typeof followers)[number];

const mainFiles: Record<Role, string> = {
  api: "../../apps/api/main.ts",
  serve: "../../apps/serve/main.ts",
  ingest: "../../workers/ingest/main.ts",
  embed: "../../workers/embed/main.ts",
  index: "../../workers/index/main.ts",
  trial: "../../workers/trial/main.ts",
  agent: "../../workers/agent/main.ts",
  refresh: "../../workers/refresh/main.ts",
  watch: "../../workers/watch/main.ts",
};

const fileOf = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const leaveWithParent = fileOf("../../apps/fleet/leave-with-parent.ts");

/** A fleet over one data folder, of processes that can be killed, frozen and armed by themselves. */
export interface FaultLake {
  dataFolder: string;
  redis: RedisServer;
  url(role: "api" | "serve"): string;
  /** Starts the role, anew where it runs, and waits until the HTTP roles answer. */
  start(role: Role): Promise<void>;
  /** Lets the role, which is started where it does not run, die when it passes the point for the so-manyth time. */
  arm(role: Role, failpoint: { name: FailpointName; pass: number }): Promise<void>;
  /** Starts roles that no test of this lake kills in one process, which takes less than half of what a process for each does. */
  startTogether(roles: readonly Role[]): Promise<void>;
  isRunning(role: Role): boolean;
  signal(role: Role, name: NodeJS.Signals): void;
  /** SIGKILL, and gone when it resolves. */
  kill(role: Role): Promise<void>;
  /** One more process of the role, beside the one that can be signalled. */
  startSpare(role: Role): void;
  killSpares(): Promise<void>;
  close(): Promise<void>;
}

/** Worker locks of two seconds instead of ten: a takeover after a kill then takes three seconds and not fifteen. */
const workerLockMs = 2_000;
/** A start takes a second, and half a minute on a machine that runs every other test as well. */
const answerMs = 60_000;

export async function openFaultLake(options: { dataFolder?: string } = {}): Promise<FaultLake> {
  const owned = options.dataFolder === undefined;
  const dataFolder = options.dataFolder ?? (await mkdtemp(path.join(os.tmpdir(), "lakefleet-faults-")));
  const redis = await startRedisServer({ socketPath: redisSocket(dataFolder) });
  const ports = { api: await freePort(), serve: await freePort() };
  const running = new Map<Role, ChildProcess>();
  const spares: ChildProcess[] = [];
  const url = (role: "api" | "serve") => `http://127.0.0.1:${ports[role]}`;
  const launch = (role: Role, failpoints: string) =>
    launchPrograms([fileOf(mainFiles[role])], {
      dataFolder,
      failpoints,
      port: role === "api" || role === "serve" ? ports[role] : 0,
    });
  const untilAnswers = (role: "api" | "serve", child: ChildProcess) =>
    waitFor(`${role} to answer`, answerMs, async () => !isAlive(child) || (await speaksHttp(url(role))));

  /** The role's process, which is no other's. */
  const alone = (role: Role) => {
    const child = running.get(role);
    const rolesOfChild = [...running.values()].filter((other) => other === child);
    if (rolesOfChild.length > 1) throw new Error(`${role} was started together with others`);
    return child;
  };
  const kill = async (role: Role) => {
    const child = alone(role);
    running.delete(role);
    if (child !== undefined) await killChild(child);
  };
  const start = async (role: Role, failpoints = "") => {
    await kill(role);
    const child = launch(role, failpoints);
    running.set(role, child);
    if (role === "api" || role === "serve") await untilAnswers(role, child);
  };
  return {
    dataFolder,
    redis,
    url,
    kill,
    isRunning: (role) => isAlive(running.get(role)),
    signal: (role, name) => void running.get(role)?.kill(name),
    start: (role) => start(role),
    async arm(role, { name, pass }) {
      const failpoints = `${name}:${pass}`;
      const child = alone(role);
      if (child === undefined || !isAlive(child)) return start(role, failpoints);
      const armed = once(child, "message");
      child.send(failpoints);
      await armed;
    },
    async startTogether(roles) {
      if (roles.length === 0) return;
      if (roles.includes("api") && roles.includes("serve")) ports.serve = ports.api;
      const port = roles.includes("api") ? ports.api : ports.serve;
      const programs = [fileOf("./lake-process.ts"), ...programsOf(roles)];
      const child = launchPrograms(programs, { dataFolder, failpoints: "", port });
      for (const role of roles) running.set(role, child);
      for (const role of roles) if (role === "api" || role === "serve") await untilAnswers(role, child);
    },
    startSpare: (role) => void spares.push(launch(role, "")),
    async killSpares() {
      await Promise.all(spares.splice(0).map(killChild));
    },
    async close() {
      await Promise.all([...new Set(running.values()), ...spares].map(killChild));
      await redis.stop();
      if (owned) await rm(dataFolder, { recursive: true, force: true });
    },
  };
}

/** Both HTTP roles in one process are the gateway, as in a fleet. */
function programsOf(roles: readonly Role[]): string[] {
  const isGateway = roles.includes("api") && roles.includes("serve");
  const others = roles.filter((role) => !isGateway || (role !== "api" && role !== "serve"));
  const names = others.map((role) => mainFiles[role]);
  return [...(isGateway ? ["../../apps/fleet/gateway.ts"] : []), ...names].map(fileOf);
}

function launchPrograms(
  programs: readonly string[],
  settings: { dataFolder: string; failpoints: string; port: number },
): ChildProcess {
  const logs = process.env["LAKEFLEET_FAULT_LOGS"];
  const loadedBefore = [leaveWithParent, fileOf("./arm-on-message.ts")].flatMap((file) => ["--import", file]);
  const settingsOfNode = ["--disable-warning=ExperimentalWarning", ...loadedBefore];
  return spawn(process.execPath, [...settingsOfNode, ...programs], {
    // The channel is there to close: a killed test run must not leave a fleet behind.
    stdio: ["ignore", "ignore", logs === undefined ? "ignore" : "inherit", "ipc"],
    env: {
      ...process.env,
      LAKEFLEET_DATA: settings.dataFolder,
      LAKEFLEET_LOG: logs ?? "silent",
      LAKEFLEET_PORT: String(settings.port),
      LAKEFLEET_WORKER_LOCK_MS: String(workerLockMs),
      LAKEFLEET_FAILPOINTS: settings.failpoints,
      REDIS_URL: "",
    },
  });
}

function isAlive(child: ChildProcess | undefined): boolean {
  return child !== undefined && child.exitCode === null && child.signalCode === null;
}

async function killChild(child: ChildProcess): Promise<void> {
  if (!isAlive(child)) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}

/** Whether something at the address speaks HTTP. */
export async function speaksHttp(url: string): Promise<boolean> {
  try {
    await (await fetch(`${url}/health`)).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port was given");
  return address.port;
}

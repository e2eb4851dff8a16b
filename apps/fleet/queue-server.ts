import { spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import path from "node:path";
import { dataLayout, redisSocket } from "@lakefleet/config/layout.ts";
import { type Configuration, environmentOf } from "@lakefleet/config/schema.ts";
import { type Crash, type KeptProcess, keepRunning } from "./keep-running.ts";
import { startPrivateRedis } from "./private-redis.ts";
import type { Output } from "./running-process.ts";
import { prepareWasmRedis } from "./wasm-redis.ts";

export interface QueueServer {
  /** For people: what it is. */
  description: string;
  /** What the children get as REDIS_URL; undefined for the socket in the data folder. */
  redisUrl: string | undefined;
  stop(): Promise<void>;
  kill(): void;
}

// Redis writes its log and leaves in milliseconds; a slow disk may take its time for the last fsync.
const stopMaxMs = 10_000;

/**
 * The Redis of this fleet, answering: the shared one that is configured, else a private one, else the one in
 * WebAssembly, which keeps nothing on disk. The private ones are started again when they die.
 */
export async function openQueueServer(options: {
  configuration: Configuration;
  output: Output;
  report: (line: string) => void;
  onCrash: (crash: Crash) => void;
  signal: AbortSignal;
}): Promise<QueueServer> {
  const { configuration, output, report } = options;
  if (configuration.redisUrl !== undefined) {
    return {
      description: "the Redis of REDIS_URL",
      redisUrl: configuration.redisUrl,
      stop: async () => {},
      kill() {},
    };
  }
  const program = await findProgram(["redis-server", "valkey-server"]);
  if (program !== undefined) {
    const folder = dataLayout(configuration.dataFolder).redis;
    const socket = redisSocket(configuration.dataFolder);
    const kept = await keepUntilAnswers(options, () =>
      startPrivateRedis({ program, folder, socket, output, report }),
    );
    const stop = async () => {
      await kept.stop(stopMaxMs);
      // The stand-in for a socket whose path would be too long lies outside the data folder.
      if (path.dirname(socket) !== folder) await rm(path.dirname(socket), { recursive: true, force: true });
    };
    return { description: `a private ${program}`, redisUrl: undefined, ...ending(kept), stop };
  }
  report(
    "No redis-server and no valkey-server on the PATH: the queue runs in WebAssembly and keeps nothing on disk.",
  );
  report("  Accepted work is safe all the same; install redis-server for speed.");
  const wasm = await prepareWasmRedis({ environment: environmentOf(configuration, []), output });
  const kept = await keepUntilAnswers(options, wasm.start);
  return { description: "Valkey in WebAssembly", redisUrl: wasm.url, ...ending(kept) };
}

function ending(kept: KeptProcess): Pick<QueueServer, "stop" | "kill"> {
  return { stop: () => kept.stop(stopMaxMs), kill: () => kept.signal("SIGKILL") };
}

/** Resolves after the first start that succeeded, or when the fleet is asked to stop. */
async function keepUntilAnswers(
  options: { onCrash: (crash: Crash) => void; signal: AbortSignal },
  start: Parameters<typeof keepRunning>[0]["start"],
): Promise<KeptProcess> {
  const { promise: answers, resolve } = Promise.withResolvers<void>();
  options.signal.addEventListener("abort", () => resolve(), { once: true });
  const kept = keepRunning({
    name: "redis",
    onCrash: options.onCrash,
    async start() {
      const running = await start();
      resolve();
      return running;
    },
  });
  if (!options.signal.aborted) await answers;
  return kept;
}

async function findProgram(names: string[]): Promise<string | undefined> {
  for (const name of names) {
    const probe = spawn(name, ["--version"], { stdio: "ignore" });
    try {
      const [code] = await once(probe, "exit");
      if (code === 0) return name;
    } catch {
      // Not on the PATH; the next one may be.
    }
  }
  return undefined;
}

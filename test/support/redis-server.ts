import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Redis } from "ioredis";

/** A private Redis with its data in a temporary folder, append-only file on. */
export interface RedisServer {
  socketPath: string;
  pid(): number;
  /** Kills it without warning; its data stays. */
  kill(): Promise<void>;
  /** Starts it again on the same data. */
  start(): Promise<void>;
  /** Runs one command over a connection of its own. */
  command(name: string, ...args: string[]): Promise<unknown>;
  /** Kills it and removes the folder. */
  stop(): Promise<void>;
}

/** On a socket of its own folder, unless a lake expects it elsewhere. */
export async function startRedisServer(options: { socketPath?: string } = {}): Promise<RedisServer> {
  const folder = await mkdtemp(path.join(os.tmpdir(), "lakefleet-redis-"));
  const socketPath = options.socketPath ?? path.join(folder, "redis.sock");
  await mkdir(path.dirname(socketPath), { recursive: true });
  let child: ChildProcess | undefined;

  const command = async (name: string, ...args: string[]) => {
    const redis = new Redis({ path: socketPath, lazyConnect: true, retryStrategy: () => null });
    redis.on("error", () => undefined);
    try {
      await redis.connect();
      return await redis.call(name, ...args);
    } finally {
      redis.disconnect();
    }
  };
  const kill = async () => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  };
  const start = async () => {
    child = spawn("redis-server", settings(folder, socketPath), { stdio: "ignore" });
    const startedAt = performance.now();
    for (;;) {
      if (await answers(command)) return;
      if (performance.now() - startedAt > 10_000) throw new Error("redis-server did not start within 10 s.");
      await pause(10);
    }
  };
  await start();
  return {
    socketPath,
    pid: () => child?.pid ?? 0,
    kill,
    start,
    command,
    async stop() {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function settings(folder: string, socketPath: string): string[] {
  const pairs: [string, string][] = [
    ["port", "0"],
    ["unixsocket", socketPath],
    ["dir", folder],
    ["appendonly", "yes"],
    ["appendfsync", "everysec"],
    ["save", ""],
    ["maxmemory-policy", "noeviction"],
  ];
  return pairs.flatMap(([name, value]) => [`--${name}`, value]);
}

async function answers(command: RedisServer["command"]): Promise<boolean> {
  try {
    return (await command("PING")) === "PONG";
  } catch {
    return false;
  }
}

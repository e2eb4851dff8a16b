import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, open, readdir, rm, stat } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { askRedis } from "../../apps/fleet/ask-redis.ts";
import { startPrivateRedis } from "../../apps/fleet/private-redis.ts";
import { openRotatingLog, type RotatingLog } from "../../apps/fleet/rotating-log.ts";
import type { RunningProcess } from "../../apps/fleet/running-process.ts";

let folder: string;
let log: RotatingLog;
let running: RunningProcess | undefined;
const lines: string[] = [];

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "lakefleet-redis-"));
  log = openRotatingLog({ file: path.join(folder, "redis.log") });
  lines.length = 0;
});

afterEach(async () => {
  await running?.stop(5_000);
  running = undefined;
  log.close();
  await rm(folder, { recursive: true, force: true });
});

function options() {
  return {
    program: "redis-server",
    folder: path.join(folder, "redis"),
    socket: path.join(folder, "redis", "redis.sock"),
    output: { log, show: false },
    report: (line: string) => lines.push(line),
  };
}

function ask(command: string): Promise<string> {
  return askRedis({ address: { path: options().socket }, command, timeoutMs: 2_000 });
}

async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`not within 10 s: ${what}`);
    await wait(10);
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe("the private Redis", () => {
  test("keeps what was written through a stop by SIGTERM", async () => {
    running = await startPrivateRedis(options());
    await ask("SET kept yes");
    expect(await running.stop(5_000)).toMatchObject({ code: 0 });
    running = await startPrivateRedis(options());
    expect(await ask("GET kept")).toBe("yes");
    expect(lines).toEqual([]);
  });

  test("starts empty, keeps the old log and says so, when its log is damaged inside", async () => {
    running = await startPrivateRedis(options());
    for (let key = 0; key < 20; key++) await ask(`SET key-${key} value`);
    await running.stop(5_000);
    await flipByteOfLog(path.join(options().folder, "appendonlydir"));

    running = await startPrivateRedis(options());
    expect(await ask("DBSIZE")).toBe("0");
    expect(lines.join("\n")).toContain("damaged");
    expect((await readdir(options().folder)).filter((name) => name.includes("damaged"))).toHaveLength(1);
  });

  test("rejects, and leaves the log where it is, when the log is not to blame", async () => {
    running = await startPrivateRedis(options());
    await ask("SET kept yes");
    await running.stop(5_000);
    await expect(startPrivateRedis({ ...options(), program: "false" })).rejects.toThrow("does not start");
    running = await startPrivateRedis(options());
    expect(await ask("GET kept")).toBe("yes");
  });

  test("ends the server that an earlier launcher left on the folder before it starts its own", async () => {
    const first = await startPrivateRedis(options());
    running = await startPrivateRedis(options());
    expect(await first.exited).toMatchObject({ code: 0 });
    expect(lines.join("\n")).toContain(`process ${first.pid}`);
    expect(await ask("PING")).toBe("PONG");
  });

  test("dies with its launcher, also when that is killed by SIGKILL", async () => {
    const script = fileURLToPath(new URL("../support/hold-private-redis.ts", import.meta.url));
    const launcher = spawn(process.execPath, [script, options().folder, options().socket], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [chunk] = await once(launcher.stdout, "data");
    const pid = Number(String(chunk));
    expect(isAlive(pid)).toBe(true);
    launcher.kill("SIGKILL");
    await until(() => !isAlive(pid), "Redis is gone");
  });
});

async function flipByteOfLog(appendFolder: string): Promise<void> {
  const name = (await readdir(appendFolder)).find((entry) => entry.endsWith(".incr.aof"));
  if (name === undefined) throw new Error("there is no log to damage");
  const file = path.join(appendFolder, name);
  const handle = await open(file, "r+");
  // A `$` or `*` turned into another character breaks the framing, wherever the values stand.
  const content = Buffer.alloc((await stat(file)).size);
  await handle.read(content, 0, content.length, 0);
  await handle.write(Buffer.from("X"), 0, 1, content.indexOf("*", Math.floor(content.length / 2)));
  await handle.close();
}

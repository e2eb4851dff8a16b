import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Crash, keepRunning } from "./keep-running.ts";
import { openRotatingLog, type RotatingLog } from "./rotating-log.ts";
import { superviseChild } from "./running-process.ts";

let folder: string;
let log: RotatingLog;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "lakefleet-keep-"));
  log = openRotatingLog({ file: path.join(folder, "log") });
});

afterEach(async () => {
  log.close();
  await rm(folder, { recursive: true, force: true });
});

function shell(script: string) {
  return superviseChild(spawn("sh", ["-c", script], { stdio: ["ignore", "pipe", "pipe"] }), {
    log,
    show: false,
  });
}

test("a process that ends is started again, and each crash says how it ended", async () => {
  const crashes: Crash[] = [];
  const kept = await new Promise<ReturnType<typeof keepRunning>>((resolve) => {
    const keeper = keepRunning({
      name: "embed",
      start: () => shell("echo out of luck >&2; exit 3"),
      onCrash: (crash) => {
        crashes.push(crash);
        if (crashes.length === 2) resolve(keeper);
      },
    });
  });
  await kept.stop(1_000);
  expect(crashes).toMatchObject([
    { name: "embed", crashes: 1, exit: { code: 3, signal: null, lastWord: "out of luck" } },
    { name: "embed", crashes: 2, retryInMs: 500 },
  ]);
});

test("a program that does not exist is a crash with a reason", async () => {
  const crash = await new Promise<Crash>((resolve) => {
    const keeper = keepRunning({
      name: "redis",
      start: () => superviseChild(spawn("no-such-program-here"), { log, show: false }),
      onCrash: (first) => void keeper.stop(0).then(() => resolve(first)),
    });
  });
  expect(crash.exit.lastWord).toContain("ENOENT");
});

test("stop asks first and insists after the grace time", async () => {
  const child = spawn("sh", ["-c", "trap '' TERM; echo ready; while :; do sleep 0.05; done"]);
  await once(child.stdout, "data");
  const running = superviseChild(child, { log, show: false });
  const kept = keepRunning({
    name: "deaf",
    start: () => running,
    onCrash: () => expect.fail("it was not to end"),
  });
  await kept.stop(200);
  expect(await running.exited).toMatchObject({ signal: "SIGKILL" });
  expect(kept.pid).toBeUndefined();
});

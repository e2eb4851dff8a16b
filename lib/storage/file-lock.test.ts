import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { withFileLock } from "./file-lock.ts";

async function lockFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "lakefleet-lock-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A process that takes the lock, says so, and keeps it until it is killed. */
async function holdInChild(folder: string): Promise<ChildProcess> {
  const lockModule = path.join(import.meta.dirname, "file-lock.ts");
  const program = `
    import { withFileLock } from ${JSON.stringify(lockModule)};
    await withFileLock({ folder: ${JSON.stringify(folder)}, name: "job" }, async () => {
      process.stdout.write("held");
      await new Promise((resolve) => setTimeout(resolve, 60_000));
    });`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  const [text] = await once(child.stdout ?? child, "data");
  expect(String(text)).toBe("held");
  return child;
}

const held = { kind: "busy", type: "lock-held" };

test("two callers in one process never run their tasks at once", async () => {
  const folder = await lockFolder();
  let running = 0;
  let finished = 0;
  const task = async () => {
    running += 1;
    expect(running).toBe(1);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
    finished += 1;
  };
  await Promise.all(Array.from({ length: 8 }, () => withFileLock({ folder, name: "job" }, task)));
  expect(finished).toBe(8);
});

test("locks of different names do not wait for each other", async () => {
  const folder = await lockFolder();
  const inner = () => withFileLock({ folder, name: "two", waitMaxMs: 0 }, async () => "both");
  expect(await withFileLock({ folder, name: "one" }, inner)).toBe("both");
});

test("a task that throws frees the lock and its error is what the caller sees", async () => {
  const folder = await lockFolder();
  const failing = withFileLock({ folder, name: "job" }, async () => {
    throw new Error("from the task");
  });
  await expect(failing).rejects.toThrow("from the task");
  expect(await withFileLock({ folder, name: "job", waitMaxMs: 0 }, async () => "free")).toBe("free");
});

test("waiting ends with lock-held after its bound", async () => {
  const folder = await lockFolder();
  await withFileLock({ folder, name: "job" }, async () => {
    await expect(withFileLock({ folder, name: "job", waitMaxMs: 30 }, async () => 1)).rejects.toMatchObject(
      held,
    );
  });
});

test("an abort ends the waiting", async () => {
  const folder = await lockFolder();
  await withFileLock({ folder, name: "job" }, async () => {
    const signal = AbortSignal.timeout(20);
    await expect(withFileLock({ folder, name: "job", signal }, async () => 1)).rejects.toThrow();
  });
});

test("a stopped holder keeps the lock, and a killed one frees it at once", async () => {
  const folder = await lockFolder();
  const child = await holdInChild(folder);
  const take = (waitMaxMs: number) => withFileLock({ folder, name: "job", waitMaxMs }, async () => "taken");
  await expect(take(0)).rejects.toMatchObject(held);
  child.kill("SIGSTOP");
  await expect(take(100)).rejects.toMatchObject(held);
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(await take(0)).toBe("taken");
});

test("a lock file that something else wrote to is named", async () => {
  const folder = await lockFolder();
  await writeFile(
    path.join(folder, "job.lock"),
    "this is no lock file, and longer than a header ".repeat(20),
  );
  await expect(withFileLock({ folder, name: "job" }, async () => 1)).rejects.toMatchObject({
    kind: "unavailable",
    type: "lock-unusable",
  });
});

test("a name that would leave the folder is refused", async () => {
  const folder = await lockFolder();
  await expect(withFileLock({ folder, name: "../job" }, async () => 1)).rejects.toMatchObject({
    kind: "invalid",
  });
});

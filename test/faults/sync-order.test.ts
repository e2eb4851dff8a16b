import { execFile } from "node:child_process";
import { mkdtemp, readFile, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { checkSyncOrder, type SyncOrderReport, tracedCalls } from "../support/sync-order-check.ts";

const run = promisify(execFile);
const program = path.join(import.meta.dirname, "../support/sync-order-program.ts");

beforeAll(async () => {
  await run("strace", ["--version"]).catch((cause: unknown) => {
    throw new Error("This test needs strace. Install it: sudo apt-get install strace", { cause });
  });
});

/** Runs the program in a fresh folder and checks the system calls it made there. */
async function trace(mode: string): Promise<SyncOrderReport> {
  const folder = await realpath(await mkdtemp(path.join(tmpdir(), "lakefleet-sync-order-")));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const output = path.join(folder, "trace");
  const root = await realpath(await mkdtemp(path.join(folder, "root-")));
  const options = ["-f", "--seccomp-bpf", "-y", "-s", "64", "-o", output, "-e", `trace=${tracedCalls}`];
  // Through io_uring a program writes without any system call that strace could show.
  const environment = { PATH: process.env.PATH, UV_USE_IO_URING: "0" };
  await run("strace", [...options, process.execPath, program, mode, root], {
    env: environment,
    timeout: 60_000,
  });
  return checkSyncOrder(await readFile(output, "utf8"), root);
}

test("every object is on disk before it gets its name, and its name before the operation is done", async () => {
  const report = await trace("store");
  expect(report.violations).toEqual([]);
  expect(report.acknowledged).toEqual([
    "open",
    "put",
    "put again, streamed",
    "put if absent",
    "put if absent, lost",
    "commit",
    "commit",
    "publish a folder",
    "publish a file",
    "publish from another disk",
    "delete",
    "delete a prefix",
    "write a file",
  ]);
  // Two puts, two published folders, one removed prefix and one plain file; three creations and one published file.
  expect(report.renames).toBe(6);
  expect(report.links).toBe(4);
});

test("every record is on disk before its append is done, also when segments are compacted", async () => {
  const report = await trace("append-log");
  expect(report.violations).toEqual([]);
  expect(report.acknowledged).toEqual(["append", "append", "append", "append together", "compact"]);
  expect(report.renames).toBe(1);
  expect(report.syncs).toBeGreaterThan(8);
});

test("what is new in an engine's tables is on disk before the step is done, and what was there is left alone", async () => {
  const report = await trace("grown-tree");
  expect(report.violations).toEqual([]);
  expect(report.acknowledged).toHaveLength(4);
  // Three files and folders; the root; a file and its folder; a file, its folder and the folder's name.
  expect(report.syncs).toBe(6 + 1 + 2 + 3);
});

test.each([
  ["rename-unsynced", /^rename to .*\/final while .*\/draft is not synced$/],
  ["link-unsynced", /^link to .*\/final while .*\/draft is not synced$/],
  ["write-after-sync", /^rename to .*\/final while .*\/draft is not synced$/],
  ["write-before-synced-write", /^rename to .*\/final while .*\/draft is not synced$/],
  ["folder-unsynced", /^"done" is acknowledged while .*\/root-\w+ is not synced$/],
  ["folder-synced-too-early", /^"done" is acknowledged while .*\/root-\w+ is not synced$/],
  ["new-folder-unsynced", /^"done" is acknowledged while .*\/root-\w+ is not synced$/],
  ["tree-file-unsynced", /^rename to .*\/final while .*\/draft\/file is not synced$/],
  ["tree-folder-unsynced", /^rename to .*\/final while .*\/draft is not synced$/],
  ["append-unsynced", /^"done" is acknowledged while .*\/segment is not synced$/],
  ["delete-unsynced", /^"done" is acknowledged while .*\/root-\w+ is not synced$/],
])("the check finds the mistake %s", async (mistake, violation) => {
  const report = await trace(mistake);
  expect(report.violations[0]).toMatch(violation);
});

import { mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type EngineFolder, openEngineFolder } from "./engine-folder.ts";
import { type LocalStore, openLocalStore } from "./local-store.ts";

let root: string;
let store: LocalStore;
let engines: EngineFolder;
beforeEach(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), "lakefleet-engines-"));
  vi.stubEnv("TMPDIR", undefined);
  store = await openLocalStore({ name: "primary", root });
  engines = openEngineFolder(store);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(root, { recursive: true, force: true });
});

/** As Lance does: an empty folder for a connection, one with content for a build. */
function leave(name: string, file?: string): void {
  mkdirSync(path.join(engines.path, name));
  if (file !== undefined) writeFileSync(path.join(engines.path, name, file), "x");
}

test("the folder is in the bucket's staging and in the environment before anything runs", () => {
  expect(readdirSync(path.join(store.root, "_staging"))).toEqual([path.basename(engines.path)]);
  expect(os.tmpdir()).toBe(engines.path);
});

test("a process that takes two kinds of jobs has one folder", () => {
  expect(openEngineFolder(store)).toBe(engines);
});

test("what has content is removed when the last work ends, an empty folder stays", async () => {
  const other = Promise.withResolvers<void>();
  const otherWork = engines.during(() => other.promise);
  await engines.during(async () => leave("build", "shuffle_data.lance"));
  leave("connection");
  expect(readdirSync(engines.path).sort()).toEqual(["build", "connection"]);
  other.resolve();
  await otherWork;
  expect(readdirSync(engines.path)).toEqual(["connection"]);
});

test("what a failed work has left is removed too, and its error is the caller's", async () => {
  const work = async () => {
    leave("build", "shuffle_data.lance");
    throw new Error("out of memory");
  };
  await expect(engines.during(work)).rejects.toThrow("out of memory");
  expect(readdirSync(engines.path)).toEqual([]);
});

test("a plain file that a library has left is removed and fails no work", async () => {
  await engines.during(async () => writeFileSync(path.join(engines.path, "spilled"), "x"));
  expect(readdirSync(engines.path)).toEqual([]);
});

test("a folder that was taken for a killed process's is there again when work begins", async () => {
  await rm(engines.path, { recursive: true });
  await engines.during(async () => leave("connection"));
  expect(readdirSync(engines.path)).toEqual(["connection"]);
});

test("a folder in use looks young to what collects staging", async () => {
  const yesterday = new Date(Date.now() - 86_400_000);
  utimesSync(engines.path, yesterday, yesterday);
  await engines.during(async () => {});
  expect(Date.now() - statSync(engines.path).mtimeMs).toBeLessThan(60_000);
});

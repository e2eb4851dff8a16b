import { mkdir, mkdtemp, readdir, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { collectStaging } from "./collect-staging.ts";
import { openLocalStore } from "./local-store.ts";
import { describeObjectStore } from "./object-store.conformance.ts";

async function temporaryFolder(): Promise<string> {
  return mkdtemp(path.join(tmpdir(), "lakefleet-local-"));
}

async function openTemporary() {
  const folder = await temporaryFolder();
  const store = await openLocalStore({ name: "test", root: path.join(folder, "deep", "bucket") });
  return { store, folder, close: () => rm(folder, { recursive: true, force: true }) };
}

describeObjectStore("local", openTemporary);

const content = new TextEncoder().encode("x");

async function openForTest() {
  const opened = await openTemporary();
  onTestFinished(opened.close);
  return opened;
}

test("nothing is left in the staging folder after puts, lost races and failed streams", async () => {
  const { store } = await openForTest();
  await store.put("a", content);
  await store.putIfAbsent("a", content);
  await store.putIfAbsent("b", content);
  const broken = async function* () {
    yield content;
    throw new Error("gone");
  };
  await expect(store.put("c", broken())).rejects.toThrow("gone");
  await store.deletePrefix("none/");
  expect(await readdir(path.join(store.root, "_staging"))).toEqual([]);
});

test("a symbolic link in the bucket is refused, wherever it leads", async () => {
  const { store, folder } = await openForTest();
  await mkdir(path.join(folder, "outside"));
  await writeFile(path.join(folder, "outside", "secret"), "s");
  await symlink(path.join(folder, "outside"), path.join(store.root, "linked"));
  await symlink(path.join(folder, "outside", "secret"), path.join(store.root, "file"));
  const refused = { kind: "forbidden", type: "object-outside" };
  await expect(store.get("linked/secret")).rejects.toMatchObject(refused);
  await expect(store.get("file")).rejects.toMatchObject(refused);
  await expect(store.size("linked/secret")).rejects.toMatchObject(refused);
  await expect(store.put("linked/new", content)).rejects.toMatchObject(refused);
  await expect(store.putIfAbsent("linked/new", content)).rejects.toMatchObject(refused);
  await expect(store.delete("linked/secret")).rejects.toMatchObject(refused);
  await expect(store.deletePrefix("linked/")).rejects.toMatchObject(refused);
  await expect(store.materialize("linked")).rejects.toMatchObject(refused);
  await expect(Array.fromAsync(store.list(""))).rejects.toMatchObject(refused);
  await expect(Array.fromAsync(store.list("linked/"))).rejects.toMatchObject(refused);
  expect(await readdir(path.join(folder, "outside"))).toEqual(["secret"]);
});

test("a link that replaces a folder already in use is still noticed", async () => {
  const { store, folder } = await openForTest();
  await store.put("d/one", content);
  await rm(path.join(store.root, "d"), { recursive: true });
  await mkdir(path.join(folder, "outside"));
  await symlink(path.join(folder, "outside"), path.join(store.root, "d"));
  await expect(store.put("d/two", content)).rejects.toMatchObject({ type: "object-outside" });
  expect(await readdir(path.join(folder, "outside"))).toEqual([]);
});

test("a bucket whose folder is itself reached through a link works", async () => {
  const { folder } = await openForTest();
  await mkdir(path.join(folder, "real"));
  await symlink(path.join(folder, "real"), path.join(folder, "alias"));
  const store = await openLocalStore({ name: "test", root: path.join(folder, "alias") });
  await store.put("a/b", content);
  expect(await store.size("a/b")).toBe(1);
});

test("a folder that another process removed is made again", async () => {
  const { store } = await openForTest();
  await store.put("d/e/one", content);
  await rm(path.join(store.root, "d"), { recursive: true });
  await store.put("d/e/two", content);
  expect(await store.size("d/e/two")).toBe(1);
});

test("a tree from another disk is copied, published, and removed at its source", async () => {
  const { store } = await openForTest();
  const source = await mkdtemp("/dev/shm/lakefleet-other-disk-");
  onTestFinished(() => rm(source, { recursive: true, force: true }));
  await mkdir(path.join(source, "deep"));
  await writeFile(path.join(source, "deep", "file"), "x");
  await store.publish(source, "from/elsewhere");
  expect(await store.size("from/elsewhere/deep/file")).toBe(1);
  await expect(readdir(source)).rejects.toThrow();
  expect(await readdir(path.join(store.root, "_staging"))).toEqual([]);
});

test("only staging entries in which nothing changed for the given time are collected", async () => {
  const { store } = await openForTest();
  const hourAgo = new Date(Date.now() - 3_600_000);
  const [stale, alive] = [await store.scratch(), await store.scratch()];
  await writeFile(path.join(stale, "left"), "x");
  await writeFile(path.join(alive, "growing"), "x");
  await utimes(path.join(stale, "left"), hourAgo, hourAgo);
  await utimes(stale, hourAgo, hourAgo);
  await utimes(alive, hourAgo, hourAgo);
  expect(await collectStaging(store, { olderThanMs: 1_800_000 })).toEqual({ removed: 1 });
  expect(await readdir(path.join(store.root, "_staging"))).toEqual([path.basename(alive)]);
});

test("a bucket folder that cannot be made is named", async () => {
  const { folder } = await openForTest();
  await writeFile(path.join(folder, "file"), "x");
  await expect(
    openLocalStore({ name: "test", root: path.join(folder, "file", "bucket") }),
  ).rejects.toMatchObject({ kind: "unavailable", type: "folder-unusable" });
});

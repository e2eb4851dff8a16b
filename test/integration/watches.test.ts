import { appendFile, mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type FaultLake, openFaultLake } from "../support/fault-lake.ts";
import { postJson, problemOf, send } from "../support/lake-client.ts";
import { waitFor } from "../support/wait-for.ts";

let lake: FaultLake;
let root: string;
let folder: string;
/** Rows come within a second or two, and far later where every other test runs as well. */
const followMs = 60_000;

beforeAll(async () => {
  lake = await openFaultLake();
  root = await mkdtemp(path.join(os.tmpdir(), "lakefleet-watched-"));
  folder = path.join(root, "papers");
  await mkdir(folder);
  vi.stubEnv("LAKEFLEET_INGEST_ROOTS", root);
  await Promise.all([lake.startTogether(["api", "serve", "ingest"]), lake.start("watch")]);
}, 120_000);
afterAll(async () => {
  vi.unstubAllEnvs();
  await lake.close();
  await rm(root, { recursive: true, force: true });
});

const add = (more: object = {}) =>
  postJson(lake.url("api"), "/ingest/watches", { folder, dataset: "papers", index: "none", ...more });

interface Row {
  path: string;
  content: string;
}

async function rowsOf(dataset: string): Promise<Row[]> {
  const answer = await send(lake.url("serve"), `/catalog/datasets/by-name/${dataset}/rows?limit=10000`);
  return answer.status === 200 ? JSON.parse(answer.text).rows : [];
}

async function paths(dataset = "papers"): Promise<string[]> {
  return (await rowsOf(dataset)).map((row) => row.path).sort();
}

const become = (expected: readonly string[], dataset = "papers") =>
  waitFor(
    `the rows ${expected.join(", ").slice(0, 200)}`,
    followMs,
    async () => (await paths(dataset)).join() === [...expected].sort().join(),
  );

async function lastWrite(): Promise<{ version: number; ingest: Record<string, unknown> }> {
  return JSON.parse((await send(lake.url("serve"), "/catalog/datasets/by-name/papers")).text);
}

describe("a watched folder", () => {
  test("is the rows of its dataset, whatever is put into it, changed, moved and removed", async () => {
    await writeFile(path.join(folder, "a.md"), "alpha");
    await mkdir(path.join(folder, "deep", "er"), { recursive: true });
    await writeFile(path.join(folder, "deep", "er", "b.txt"), "beta");
    await writeFile(path.join(folder, "c.part"), "not yet");
    await symlink("/etc/hostname", path.join(folder, "link.txt"));
    expect((await add()).status).toBe(200);
    await become(["a.md", "deep/er/b.txt"]);

    await rename(path.join(folder, "deep"), path.join(folder, "moved"));
    await rename(path.join(folder, "c.part"), path.join(folder, "c.txt"));
    await become(["a.md", "c.txt", "moved/er/b.txt"]);

    const { version } = await lastWrite();
    await appendFile(path.join(folder, "a.md"), " and more");
    await waitFor("the edit", followMs, async () =>
      (await rowsOf("papers")).some((row) => row.content === "alpha and more"),
    );
    expect(await lastWrite()).toMatchObject({
      version: version + 1,
      ingest: { rowsAdded: 0, rowsUpdated: 1, rowsRemoved: 0, rowsUnchanged: 0 },
    });
    await rm(path.join(folder, "moved"), { recursive: true });
    await become(["a.md", "c.txt"]);
  });

  test("is followed over a restart: nothing is missed and nothing is read twice", async () => {
    await lake.kill("watch");
    const { version } = await lastWrite();
    await rm(path.join(folder, "c.txt"));
    await writeFile(path.join(folder, "d.md"), "delta");
    await lake.start("watch");
    await become(["a.md", "d.md"]);
    expect(await lastWrite()).toMatchObject({
      version: version + 1,
      ingest: { rowsAdded: 1, rowsUpdated: 0, rowsRemoved: 1, rowsUnchanged: 0 },
    });
    await lake.kill("watch");
    await lake.start("watch");
    await writeFile(path.join(folder, "e.md"), "epsilon");
    await become(["a.md", "d.md", "e.md"]);
    expect(await lastWrite()).toMatchObject({ version: version + 2, ingest: { rowsUnchanged: 0 } });
  });

  test("takes thousands of files at once, and of an edited one of them no other", async () => {
    const many = Array.from({ length: 1_500 }, (_, place) => `many/${place}.txt`);
    await mkdir(path.join(folder, "many"));
    for (const name of many) await writeFile(path.join(folder, name), `file ${name}`);
    await become(["a.md", "d.md", "e.md", ...many]);
    await writeFile(path.join(folder, "many", "7.txt"), "seven");
    await waitFor("the edit", followMs, async () =>
      (await rowsOf("papers")).some((row) => row.content === "seven"),
    );
    expect((await lastWrite()).ingest).toMatchObject({ rowsUpdated: 1, rowsUnchanged: 0 });
  });

  test("that is gone has not lost its files", async () => {
    const away = path.join(root, "away");
    const before = await paths();
    await rename(folder, away);
    await writeFile(path.join(lake.dataFolder, "inbox", "sign.md"), "a sign that the watcher is at work");
    await become(["sign.md"], "inbox");
    await rename(away, folder);
    await writeFile(path.join(folder, "f.md"), "phi");
    await become([...before, "f.md"]);
  });
});

describe("watches", () => {
  test("are listed with the inbox, and removed without their rows", async () => {
    const list = async () => JSON.parse((await send(lake.url("api"), "/ingest/watches")).text).watches;
    expect(await list()).toMatchObject([
      { name: "inbox", builtin: true, dataset: null },
      { name: "papers", dataset: "papers", recursive: true, builtin: false },
    ]);
    const before = await paths();
    const remove = (name: string) => send(lake.url("api"), `/ingest/watches/${name}`, { method: "DELETE" });
    expect((await remove("papers")).status).toBe(200);
    expect(await list()).toHaveLength(1);
    expect(problemOf(await remove("papers")).type).toBe("watch-missing");
    expect(problemOf(await remove("inbox")).type).toBe("watch-inbox");
    expect(await paths()).toEqual(before);
  });

  test("outside of the allowed folders, of files, and of one dataset twice are refused", async () => {
    const outside = await mkdtemp(path.join(os.tmpdir(), "lakefleet-outside-"));
    const link = path.join(root, "way-out");
    await symlink(outside, link);
    const inbox = path.join(lake.dataFolder, "inbox");
    for (const refused of [outside, "/etc", link, "../..", path.join(folder, "..", ".."), inbox]) {
      expect([400, 404]).toContain((await add({ folder: refused })).status);
    }
    await rm(outside, { recursive: true });
    expect(problemOf(await add({ folder: path.join(folder, "a.md") })).type).toBe("watch-folder");
    expect((await add()).status).toBe(200);
    expect((await add()).status).toBe(200);
    expect(problemOf(await add({ recursive: false })).type).toBe("watch-exists");
    expect(problemOf(await add({ name: "other" })).type).toBe("watch-dataset");
    expect(problemOf(await add({ name: "inbox", dataset: "else" })).type).toBe("watch-exists");
  });
});

import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openRotatingLog } from "./rotating-log.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "lakefleet-log-"));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

test("a full log is put aside once, so that a service never keeps more than two", async () => {
  const file = path.join(folder, "logs", "embed.log");
  const log = openRotatingLog({ file, bytesMax: 10 });
  for (const line of ["first\n", "second\n", "third\n", "4th\n"]) log.write(Buffer.from(line));
  log.close();
  expect((await readdir(path.dirname(file))).sort()).toEqual(["embed.log", "embed.log.1"]);
  expect(await readFile(file, "utf8")).toBe("third\n4th\n");
  expect(await readFile(`${file}.1`, "utf8")).toBe("second\n");
});

test("a log goes on where the last run of the fleet stopped", async () => {
  const file = path.join(folder, "gateway.log");
  for (const line of ["before\n", "after\n"]) {
    const log = openRotatingLog({ file });
    log.write(Buffer.from(line));
    log.close();
  }
  expect(await readFile(file, "utf8")).toBe("before\nafter\n");
});

import { linkSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { rememberVerifiedFiles } from "./verified-files.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "lakefleet-verified-"));
  file = path.join(folder, "a");
  writeFileSync(file, "whole");
  utimesSync(file, 1, 1);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const status = (name = file) => statSync(name, { bigint: true });

function remembered() {
  const files = rememberVerifiedFiles();
  files.remember({ before: status(), after: status(), beganAtMs: Date.now(), checksum: "c" });
  return files;
}

test("a file is known by its content's sum until it is written, whatever it is called", () => {
  const files = remembered();
  linkSync(file, path.join(folder, "b"));
  expect(files.knows(status(path.join(folder, "b")), "c")).toBe(true);
  expect(files.knows(status(), "d")).toBe(false);
  writeFileSync(file, "wholf");
  expect(files.knows(status(), "c")).toBe(false);
});

test("a file that was written while it was read, or just before, is not remembered", () => {
  const files = rememberVerifiedFiles();
  const before = status();
  writeFileSync(file, "other");
  files.remember({ before, after: status(), beganAtMs: Date.now(), checksum: "c" });
  files.remember({ before: status(), after: status(), beganAtMs: Date.now(), checksum: "c" });
  expect(files.knows(before, "c")).toBe(false);
  expect(files.knows(status(), "c")).toBe(false);
});

import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { extractFile } from "./extract-file.ts";
import type { ExtractProgress } from "./extraction.ts";

async function inFolder(task: (folder: string, scratch: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(path.join(os.tmpdir(), "lakefleet-extract-"));
  try {
    await mkdir(path.join(folder, "scratch"));
    await task(folder, path.join(folder, "scratch"));
  } finally {
    await rm(folder, { recursive: true });
  }
}

test.each(["csv", "ndjson"])("an abort in the middle of %s ends in cancelled and leaves nothing", (ending) =>
  inFolder(async (folder, scratch) => {
    const file = path.join(folder, `x.${ending}`);
    await writeFile(
      file,
      ending === "csv" ? `a,b\n${"1,2\n".repeat(2_000_000)}` : '{"a":1}\n'.repeat(500_000),
    );
    const controller = new AbortController();
    const extracting = extractFile({
      path: file,
      name: path.basename(file),
      scratch,
      onError: "refuse",
      memoryMib: 200,
      signal: controller.signal,
      progress: () => controller.abort(),
    });
    await expect(extracting).rejects.toMatchObject({ kind: "cancelled" });
    expect(await readdir(scratch)).toEqual([]);
  }),
);

test("progress counts the file's bytes and comes to its end", () =>
  inFolder(async (folder, scratch) => {
    const file = path.join(folder, "x.csv");
    await writeFile(file, `a,b\n${"1,2\n".repeat(1_000_000)}`);
    const seen: ExtractProgress[] = [];
    const progress = (one: ExtractProgress) => void seen.push(one);
    await extractFile({ path: file, name: "x.csv", scratch, onError: "refuse", memoryMib: 200, progress });
    expect(seen.length).toBeGreaterThan(2);
    expect(seen.at(-1)).toEqual({ done: 4_000_004, total: 4_000_004, unit: "bytes" });
  }));

test("a path that the engine would take for a pattern is only a path", () =>
  inFolder(async (folder, scratch) => {
    const file = path.join(folder, "[x]*?.csv");
    await writeFile(file, "a,b\n1,2\n");
    const options = { path: file, name: "[x]*?.csv", scratch, onError: "refuse" as const, memoryMib: 200 };
    expect((await extractFile(options)).rowCount).toBe(1);
  }));

test("a file that is gone is not found, a folder is no file", () =>
  inFolder(async (folder, scratch) => {
    const options = { name: "x.csv", scratch, onError: "refuse" as const, memoryMib: 200 };
    const gone = extractFile({ ...options, path: path.join(folder, "x.csv") });
    await expect(gone).rejects.toMatchObject({ kind: "not-found", type: "extract-missing" });
    const wrong = extractFile({ ...options, path: folder });
    await expect(wrong).rejects.toMatchObject({ kind: "invalid", type: "extract-not-a-file" });
  }));

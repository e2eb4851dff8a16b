import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { DomainError } from "@lakefleet/lib/errors/domain-error.ts";
import { openAppendLog, readAppendLog } from "@lakefleet/lib/storage/append-log.ts";
import { compactAppendLog } from "@lakefleet/lib/storage/compact-append-log.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isKept, TaskRecord } from "../support/append-log-process.ts";

const processModule = path.join(import.meta.dirname, "../support/append-log-process.ts");

async function withFolder<Result>(task: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(path.join(tmpdir(), "lakefleet-append-"));
  try {
    return await task(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function read(folder: string): Promise<TaskRecord[]> {
  return Array.fromAsync(readAppendLog({ folder, schema: TaskRecord }));
}

/** Each writer appends its records, so many at a time; every writer is its own segments. */
async function write(
  folder: string,
  options: { writers: TaskRecord[][]; inFlight: number; segmentBytesMax: number },
): Promise<void> {
  for (const records of options.writers) {
    const log = await openAppendLog({ folder, schema: TaskRecord, segmentBytesMax: options.segmentBytesMax });
    for (let start = 0; start < records.length; start += options.inFlight) {
      await Promise.all(records.slice(start, start + options.inFlight).map((record) => log.append(record)));
    }
    await log.close();
  }
}

async function segmentFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder);
  return names.filter((name) => name.endsWith(".log")).map((name) => path.join(folder, name));
}

const record = fc.record({
  task: fc.nat(20),
  state: fc.constantFrom("open" as const, "ended" as const),
  text: fc.string({ unit: "binary", maxLength: 60 }),
});
const plan = fc.record({
  writers: fc.array(fc.array(record, { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 3 }),
  inFlight: fc.integer({ min: 1, max: 12 }),
  segmentBytesMax: fc.integer({ min: 1, max: 1000 }),
});

describe("an append log", () => {
  test("gives back every record in order, whatever it holds and however it was appended", async () => {
    await fc.assert(
      fc.asyncProperty(plan, (drawn) =>
        withFolder(async (folder) => {
          await write(folder, drawn);
          expect(await read(folder)).toEqual(drawn.writers.flat());
        }),
      ),
      { numRuns: 40 },
    );
  });

  test("with a flipped bit either names the damage or gives records that were written, in order", async () => {
    const place = fc.record({ file: fc.nat(), byte: fc.nat(), bit: fc.integer({ min: 0, max: 7 }) });
    await fc.assert(
      fc.asyncProperty(plan, place, (drawn, { file, byte, bit }) =>
        withFolder(async (folder) => {
          await write(folder, drawn);
          const files = await segmentFiles(folder);
          const chosen = files[file % files.length] ?? "";
          const content = await readFile(chosen);
          content[byte % content.length]! ^= 1 << bit;
          await writeFile(chosen, content);
          expect(isSubsequence(await readOrDamage(folder), drawn.writers.flat())).toBe(true);
        }),
      ),
      { numRuns: 60 },
    );
  });

  test("with a segment cut short loses the end of that segment and nothing else", async () => {
    await fc.assert(
      fc.asyncProperty(plan, fc.nat(), fc.nat(), (drawn, file, length) =>
        withFolder(async (folder) => {
          await write(folder, drawn);
          const files = await segmentFiles(folder);
          const chosen = files[file % files.length] ?? "";
          const content = await readFile(chosen);
          const kept = content.subarray(0, length % content.length);
          await writeFile(chosen, kept);
          const lost = countLines(content) - countLines(kept);
          const records = await read(folder);
          expect(records).toHaveLength(drawn.writers.flat().length - lost);
          expect(isSubsequence(records, drawn.writers.flat())).toBe(true);
        }),
      ),
      { numRuns: 40 },
    );
  });

  test("keeps every acknowledged record of writers that are killed", async () => {
    await withFolder(async (folder) => {
      const killAfter = [1, 40, 300];
      const acknowledged = await Promise.all(killAfter.map((count) => appendUntilKilled(folder, count)));
      const found = new Map<number, number>();
      for (const { task } of await read(folder)) found.set(task, (found.get(task) ?? 0) + 1);
      for (const task of new Set(acknowledged.flat())) {
        const owed = acknowledged.filter((tasks) => tasks.includes(task)).length;
        expect(found.get(task) ?? 0, `task ${task}`).toBeGreaterThanOrEqual(owed);
      }
    });
  });
});

describe("compaction of an append log", () => {
  test("keeps exactly what is to be kept, in order", async () => {
    await fc.assert(
      fc.asyncProperty(plan, (drawn) =>
        withFolder(async (folder) => {
          await write(folder, drawn);
          await compactAppendLog({ folder, schema: TaskRecord, keep: isKept });
          expect(await read(folder)).toEqual(drawn.writers.flat().filter(isKept));
        }),
      ),
      { numRuns: 30 },
    );
  });

  test.each([
    "storage.before-rename",
    "storage.after-rename",
    "storage.after-remove:1",
    "storage.after-remove:3",
    "storage.after-remove:6",
  ])("killed at %s loses nothing, and tasks stand as they stood", async (failpoint) => {
    await withFolder(async (folder) => {
      const steps = (["open", "ended"] as const).flatMap((state) =>
        [2, 1, 3].map((task) => ({
          task,
          state: task === 3 ? ("open" as const) : state,
          text: "x".repeat(80),
        })),
      );
      await write(folder, { writers: [steps], inFlight: 1, segmentBytesMax: 1 });
      expect(await segmentFiles(folder)).toHaveLength(6);
      const child = spawn(process.execPath, [processModule, "compact", folder, failpoint], {
        stdio: "inherit",
      });
      expect(await once(child, "exit")).toEqual([null, "SIGKILL"]);
      const stands = new Map((await read(folder)).map(({ task, state }) => [task, state]));
      expect([stands.get(1), stands.get(3)]).toEqual(["ended", "open"]);
      await compactAppendLog({ folder, schema: TaskRecord, keep: isKept });
      const again = new Map((await read(folder)).map(({ task, state }) => [task, state]));
      expect([...again].sort()).toEqual([
        [1, "ended"],
        [3, "open"],
      ]);
      expect((await readdir(folder)).filter((name) => name !== "compaction.lock")).toHaveLength(1);
    });
  });
});

/** Starts a writer, kills it once it has acknowledged so many records, and gives those it had acknowledged by then. */
async function appendUntilKilled(folder: string, count: number): Promise<number[]> {
  const child: ChildProcess = spawn(process.execPath, [processModule, "append", folder], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    output += String(chunk);
    if (countLines(Buffer.from(output)) >= count) child.kill("SIGKILL");
  });
  const [, signal] = await once(child, "close");
  expect(signal).toBe("SIGKILL");
  const whole = output.slice(0, output.lastIndexOf("\n") + 1);
  return whole.split("\n").filter(Boolean).map(Number);
}

/** Records up to the first damage; any other error is a failure. */
async function readOrDamage(folder: string): Promise<TaskRecord[]> {
  const records: TaskRecord[] = [];
  try {
    for await (const found of readAppendLog({ folder, schema: TaskRecord })) records.push(found);
  } catch (error) {
    if (!(error instanceof DomainError) || error.type !== "append-log-damaged") throw error;
  }
  return records;
}

function isSubsequence(part: TaskRecord[], whole: TaskRecord[]): boolean {
  const rest = whole.map((entry) => JSON.stringify(entry)).values();
  return part.every((entry) => rest.some((candidate) => candidate === JSON.stringify(entry)));
}

function countLines(content: Buffer): number {
  return content.filter((code) => code === 0x0a).length;
}

import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { countingTelemetry, type MeteredTelemetry } from "../telemetry/metered-telemetry.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { openAppendLog, readAppendLog } from "./append-log.ts";
import { compactAppendLog } from "./compact-append-log.ts";

const Entry = z.strictObject({ id: z.int(), text: z.string().default("") });
type Entry = z.infer<typeof Entry>;

async function logFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "lakefleet-append-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return path.join(folder, "log");
}

async function writeAll(folder: string, ids: number[], segmentBytesMax?: number): Promise<void> {
  const log = await openAppendLog({ folder, schema: Entry, ...(segmentBytesMax && { segmentBytesMax }) });
  for (const id of ids) await log.append({ id, text: `entry ${id} ü ✓` });
  await log.close();
}

async function readIds(folder: string, telemetry?: Telemetry): Promise<number[]> {
  const options = { folder, schema: Entry, ...(telemetry && { telemetry }) };
  return (await Array.fromAsync(readAppendLog(options))).map((entry) => entry.id);
}

async function segmentsOf(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name.endsWith(".log")).sort();
}

async function onlySegment(folder: string): Promise<string> {
  const names = await segmentsOf(folder);
  expect(names).toHaveLength(1);
  return path.join(folder, names[0] ?? "");
}

async function tornTails(telemetry: MeteredTelemetry): Promise<number> {
  const metric = await telemetry.metrics.getSingleMetric("lakefleet_storage_torn_tail_total")?.get();
  return metric?.values[0]?.value ?? 0;
}

describe("an append log", () => {
  test("gives back what was appended, in order, over several openings", async () => {
    const folder = await logFolder();
    await writeAll(folder, [1, 2, 3]);
    await writeAll(folder, [4]);
    expect(await Array.fromAsync(readAppendLog({ folder, schema: Entry }))).toEqual(
      [1, 2, 3, 4].map((id) => ({ id, text: `entry ${id} ü ✓` })),
    );
  });

  test("has no records, and makes no folder, before the first append", async () => {
    const folder = await logFolder();
    expect(await readIds(folder)).toEqual([]);
    await (await openAppendLog({ folder, schema: Entry })).close();
    await expect(readdir(folder)).rejects.toThrow();
  });

  test("leaves no lock file behind when it is closed", async () => {
    const folder = await logFolder();
    await writeAll(folder, [1]);
    expect(await readdir(folder)).toEqual(await segmentsOf(folder));
  });

  test("writes concurrent appends together and keeps their order", async () => {
    const folder = await logFolder();
    const log = await openAppendLog({ folder, schema: Entry });
    const ids = Array.from({ length: 2000 }, (_, index) => index);
    await Promise.all(ids.map((id) => log.append({ id, text: "x".repeat(1000) })));
    await log.close();
    expect(await readIds(folder)).toEqual(ids);
  });

  test("takes the appends under way to disk when it is closed, and refuses later ones", async () => {
    const folder = await logFolder();
    const log = await openAppendLog({ folder, schema: Entry });
    const appended = log.append({ id: 1, text: "" });
    await log.close();
    await appended;
    expect(await readIds(folder)).toEqual([1]);
    await expect(log.append({ id: 2, text: "" })).rejects.toMatchObject({ type: "append-log-closed" });
  });

  test("begins a new segment when one is full", async () => {
    const folder = await logFolder();
    await writeAll(folder, [1, 2, 3, 4, 5], 100);
    expect((await segmentsOf(folder)).length).toBeGreaterThan(1);
    expect(await readIds(folder)).toEqual([1, 2, 3, 4, 5]);
  });

  test("refuses a record that is off its schema or too large, and goes on", async () => {
    const folder = await logFolder();
    const log = await openAppendLog({ folder, schema: Entry });
    const refused = { kind: "invalid", type: "append-log-record" };
    await expect(log.append({ id: 1.5, text: "" })).rejects.toMatchObject(refused);
    await expect(log.append({ id: 1, text: "x".repeat(1024 * 1024) })).rejects.toMatchObject(refused);
    await log.append({ id: 2, text: "" });
    await log.close();
    expect(await readIds(folder)).toEqual([2]);
  });

  test("names a folder that cannot be used and works once it can", async () => {
    const folder = await logFolder();
    await writeFile(folder, "a file in its place");
    const log = await openAppendLog({ folder, schema: Entry });
    await expect(log.append({ id: 1, text: "" })).rejects.toMatchObject({ type: "folder-unusable" });
    await rm(folder);
    await log.append({ id: 2, text: "" });
    await log.close();
    expect(await readIds(folder)).toEqual([2]);
  });

  test("shows a reader the records of a writer that still lives", async () => {
    const folder = await logFolder();
    const log = await openAppendLog({ folder, schema: Entry });
    await log.append({ id: 1, text: "" });
    expect(await readIds(folder)).toEqual([1]);
    await log.close();
  });
});

describe("a damaged segment", () => {
  test("cut short at any byte gives its whole lines, and tells of the torn one", async () => {
    const folder = await logFolder();
    await writeAll(folder, [1, 2, 3]);
    const file = await onlySegment(folder);
    const sound = await readFile(file);
    for (let length = 0; length < sound.length; length += 1) {
      await writeFile(file, sound.subarray(0, length));
      const telemetry = countingTelemetry();
      const whole = sound.subarray(0, length).filter((code) => code === 0x0a).length;
      expect(await readIds(folder, telemetry)).toEqual([1, 2, 3].slice(0, whole));
      const isTorn = length > 0 && sound[length - 1] !== 0x0a;
      expect(await tornTails(telemetry), `cut at ${length}`).toBe(isTorn ? 1 : 0);
    }
  });

  test("ending in zeros, as a power loss leaves it, gives its whole lines", async () => {
    const folder = await logFolder();
    await writeAll(folder, [1, 2]);
    const file = await onlySegment(folder);
    const sound = await readFile(file);
    for (const zeros of [1, 5000, 3_000_000]) {
      await writeFile(file, Buffer.concat([sound, Buffer.alloc(zeros)]));
      const telemetry = countingTelemetry();
      expect(await readIds(folder, telemetry)).toEqual([1, 2]);
      expect(await tornTails(telemetry)).toBe(1);
    }
  });

  test("with any byte flipped before its last line is named with file and byte", async () => {
    const folder = await logFolder();
    await writeAll(folder, [1, 2, 3]);
    const file = await onlySegment(folder);
    const sound = await readFile(file);
    const lastLine = sound.lastIndexOf(0x0a, sound.length - 2) + 1;
    for (let index = 0; index < lastLine; index += 1) {
      const flipped = Buffer.from(sound);
      flipped[index] = sound[index]! ^ 0x10;
      await writeFile(file, flipped);
      await expect(readIds(folder), `byte ${index}`).rejects.toMatchObject({
        kind: "corrupt",
        type: "append-log-damaged",
        place: { file, byte: sound.subarray(0, index).lastIndexOf(0x0a) + 1 },
      });
    }
  });

  test("whose last line is whole but wrong is damaged, not torn", async () => {
    const folder = await logFolder();
    await writeAll(folder, [1, 2]);
    const file = await onlySegment(folder);
    const flipped = await readFile(file);
    flipped[flipped.length - 5]! ^= 1;
    await writeFile(file, flipped);
    await expect(readIds(folder)).rejects.toMatchObject({ type: "append-log-damaged" });
  });

  test("with zeros in its middle is damaged", async () => {
    const folder = await logFolder();
    await writeAll(folder, [1, 2, 3]);
    const file = await onlySegment(folder);
    const holed = await readFile(file);
    holed.fill(0, 10, 20);
    await writeFile(file, holed);
    await expect(readIds(folder)).rejects.toMatchObject({ place: { file, byte: 0 } });
  });

  test("without any line end is damaged however long it is", async () => {
    const folder = await logFolder();
    await mkdir(folder);
    const file = path.join(folder, "000000000000001-0123456789abcdef.log");
    await writeFile(file, "x".repeat(3_000_000));
    await expect(readIds(folder)).rejects.toMatchObject({ place: { file, byte: 0 } });
  });

  test("with a record off its schema is named", async () => {
    const folder = await logFolder();
    await writeAll(folder, [1]);
    const other = readAppendLog({ folder, schema: z.strictObject({ name: z.string() }) });
    await expect(Array.fromAsync(other)).rejects.toMatchObject({ type: "append-log-damaged" });
  });
});

describe("compaction", () => {
  const keepOdd = (entry: Entry) => entry.id % 2 === 1;

  test("keeps what is to be kept in its order, in one segment", async () => {
    const folder = await logFolder();
    await writeAll(folder, [1, 2, 3], 60);
    await writeAll(folder, [4, 5]);
    const removed = (await segmentsOf(folder)).length;
    expect(await compactAppendLog({ folder, schema: Entry, keep: keepOdd })).toEqual({
      kept: 3,
      dropped: 2,
      segmentsRemoved: removed,
    });
    expect(await segmentsOf(folder)).toHaveLength(1);
    expect(await readIds(folder)).toEqual([1, 3, 5]);
  });

  test("leaves nothing where nothing is kept", async () => {
    const folder = await logFolder();
    await writeAll(folder, [2, 4]);
    await compactAppendLog({ folder, schema: Entry, keep: keepOdd });
    expect(await segmentsOf(folder)).toEqual([]);
    expect(await compactAppendLog({ folder, schema: Entry, keep: keepOdd })).toMatchObject({
      segmentsRemoved: 0,
    });
  });

  test("does not touch the segment that a living writer appends to, and keeps its order", async () => {
    const folder = await logFolder();
    const log = await openAppendLog({ folder, schema: Entry, segmentBytesMax: 60 });
    for (const id of [1, 2, 3]) await log.append({ id, text: "some text to fill a segment with" });
    await writeAll(folder, [7, 8]);
    await compactAppendLog({ folder, schema: Entry, keep: keepOdd });
    await log.append({ id: 9, text: "some text to fill a segment with" });
    expect((await readIds(folder)).sort()).toEqual([1, 3, 7, 9]);
    const own = (await readIds(folder)).filter((id) => id !== 7);
    expect(own).toEqual([1, 3, 9]);
    await log.close();
  });

  test("refuses to go on over damage, and leaves everything in place", async () => {
    const folder = await logFolder();
    await writeAll(folder, [1, 2]);
    const file = await onlySegment(folder);
    const holed = await readFile(file);
    holed.fill(120, 10, 20);
    await writeFile(file, holed);
    const names = await readdir(folder);
    await expect(compactAppendLog({ folder, schema: Entry, keep: keepOdd })).rejects.toMatchObject({
      type: "append-log-damaged",
    });
    expect(await segmentsOf(folder)).toEqual(names);
  });

  test("while records are read does not change what the reader sees", async () => {
    const folder = await logFolder();
    for (const id of [1, 2, 3]) await writeAll(folder, [id]);
    const seen: number[] = [];
    for await (const { id } of readAppendLog({ folder, schema: Entry })) {
      if (id === 1) await compactAppendLog({ folder, schema: Entry, keep: keepOdd });
      seen.push(id);
    }
    expect(seen).toEqual([1, 2, 3]);
  });
});

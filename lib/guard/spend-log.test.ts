import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { silentTelemetry } from "../telemetry/telemetry.ts";
import { openSpendLog, readSpendDay } from "./spend-log.ts";
import { reservedIn } from "./spend-record.ts";

const day = 20_000;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "lakefleet-spend-"));
});
afterEach(() => rm(folder, { recursive: true }));

const read = (wanted = day) =>
  readSpendDay({ folder, provider: "acme", day: wanted, telemetry: silentTelemetry() });

test("a day is what was settled, and in full what was not, from all who wrote to it", async () => {
  const logs = [1, 2].map(() => openSpendLog({ folder, provider: "acme" }));
  for (const [place, log] of logs.entries()) {
    await log.append(day, { kind: "reserved", id: `a${place}`, model: "small", nanoUsd: 10 });
    await log.append(day, { kind: "settled", id: `a${place}`, nanoUsd: 4 });
    await log.append(day, { kind: "reserved", id: `b${place}`, model: "large", nanoUsd: 7 });
  }
  for (const log of logs) await log.close();
  const figures = await read();
  expect(figures.spent).toBe(8);
  expect(figures.byModel).toEqual(new Map([["small", 8]]));
  expect(reservedIn(figures)).toBe(14);
});

test("a call over midnight is settled in the day in which it was reserved", async () => {
  const log = openSpendLog({ folder, provider: "acme" });
  await log.append(day, { kind: "reserved", id: "late", model: "", nanoUsd: 10 });
  await log.append(day + 1, { kind: "reserved", id: "early", model: "", nanoUsd: 1 });
  await log.append(day, { kind: "settled", id: "late", nanoUsd: 9 });
  await log.close();
  expect((await read()).spent).toBe(9);
  expect(reservedIn(await read(day + 1))).toBe(1);
});

test("a provider that was never paid has spent nothing", async () => {
  expect(await read()).toEqual({ spent: 0, byModel: new Map(), open: new Map() });
});

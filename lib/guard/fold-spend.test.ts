import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { dayMs } from "../storage/daily-log.ts";
import type { FailpointName } from "../storage/failpoint.ts";
import { silentTelemetry } from "../telemetry/telemetry.ts";
import { foldSpend } from "./fold-spend.ts";
import { openSpendLog, readSpendDay, type SpendLog, spendDayFolder } from "./spend-log.ts";

const day = 20_000;
let folder: string;
const open: SpendLog[] = [];

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "lakefleet-spend-"));
});
afterEach(async () => {
  for (const log of open.splice(0)) await log.close();
  await rm(folder, { recursive: true });
});

const place = (of = day) => ({ folder, provider: "acme", day: of });
const read = (of = day) => readSpendDay({ ...place(of), telemetry: silentTelemetry() });
const fold = (daysLater = 2) => foldSpend({ folder, now: (day + daysLater) * dayMs });
const segments = async (of = day) =>
  (await readdir(spendDayFolder(place(of)))).filter((name) => name.endsWith(".log"));

/** A process that made some calls and died with the last one under way. */
async function makeCalls(writer: string, of = day): Promise<void> {
  const log = openSpendLog(place());
  for (const [call, model] of ["small", "small", "large"].entries()) {
    await log.append(of, { kind: "reserved", id: `${writer}${call}`, model, nanoUsd: 10 });
    await log.append(of, { kind: "settled", id: `${writer}${call}`, nanoUsd: 3 });
  }
  await log.append(of, { kind: "reserved", id: `${writer}-lost`, model: "large", nanoUsd: 7 });
  await log.close();
}

describe("folding the spend", () => {
  test("makes one line and the open reservations of a day, which adds up as before, and does it once", async () => {
    await makeCalls("a");
    await makeCalls("b");
    const before = await read();
    expect(before.spent).toBe(18);
    expect(await fold()).toBe(1);
    expect(await segments()).toHaveLength(1);
    expect(await read()).toEqual(before);
    expect(await fold()).toBe(0);
  });

  test("leaves today and yesterday alone", async () => {
    await makeCalls("a");
    expect(await fold(1)).toBe(0);
  });

  test("keeps what a living process may still settle, and folds that when it is gone", async () => {
    const log = openSpendLog(place());
    open.push(log);
    await log.append(day, { kind: "reserved", id: "late", model: "small", nanoUsd: 10 });
    await makeCalls("a");
    expect(await fold()).toBe(1);
    expect(await fold()).toBe(0);
    await log.append(day, { kind: "settled", id: "late", nanoUsd: 4 });
    const settled = await read();
    expect([settled.spent, [...settled.open.keys()]]).toEqual([13, ["a-lost"]]);
    await log.close();
    expect(await fold()).toBe(1);
    expect(await read()).toEqual(settled);
  });

  test("takes a call that is settled after it was folded out of the open ones", async () => {
    await makeCalls("a");
    await fold();
    const log = openSpendLog(place());
    open.push(log);
    await log.append(day, { kind: "settled", id: "a-lost", nanoUsd: 5 });
    const { spent, byModel, open: left } = await read();
    expect([spent, byModel.get("large"), left.size]).toEqual([14, 8, 0]);
  });

  test("leaves a damaged day for verify to tell of, and goes on with the others", async () => {
    await makeCalls("a");
    await makeCalls("a", day - 1);
    const [segment = ""] = await segments(day - 1);
    await writeFile(
      path.join(spendDayFolder(place(day - 1)), segment),
      "damaged and more\nthan a torn tail\n",
    );
    expect(await fold()).toBe(1);
    await expect(read(day - 1)).rejects.toMatchObject({ type: "append-log-damaged" });
  });

  test("of nothing does nothing", async () => {
    expect(await foldSpend({ folder: path.join(folder, "none") })).toBe(0);
  });

  const kills: FailpointName[] = ["storage.before-rename", "storage.after-rename", "storage.after-remove"];
  test.each(kills)(
    "that is killed at %s counts no call twice and loses none, nor does the next",
    async (name) => {
      await makeCalls("a");
      await makeCalls("b");
      const before = await read();
      expect(foldInChild(name)).toBe("SIGKILL");
      expect(await read()).toEqual(before);
      await makeCalls("c");
      const more = await read();
      expect([more.spent, more.open.size]).toEqual([before.spent + 9, 3]);
      await fold();
      expect(await segments()).toHaveLength(1);
      expect(await read()).toEqual(more);
    },
  );
});

function foldInChild(name: FailpointName): NodeJS.Signals | null {
  const module = (file: string) => JSON.stringify(path.join(import.meta.dirname, file));
  const program = `
    import { armFailpoints } from ${module("../storage/failpoint.ts")};
    import { foldSpend } from ${module("fold-spend.ts")};
    armFailpoints(${JSON.stringify(name)});
    await foldSpend({ folder: ${JSON.stringify(folder)}, now: ${(day + 2) * dayMs} });`;
  return spawnSync(process.execPath, ["--input-type=module", "--eval", program]).signal;
}

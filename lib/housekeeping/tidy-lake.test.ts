import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { newIntentId } from "../jobs/intent-id.ts";
import { type Intents, openIntents } from "../jobs/intents.ts";
import { type LocalStore, openLocalStore } from "../storage/local-store.ts";
import { silentTelemetry } from "../telemetry/telemetry.ts";
import { tidyLake } from "./tidy-lake.ts";

let folder: string;
let store: LocalStore;
let intents: Intents;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "lakefleet-tidy-"));
  store = await openLocalStore({ name: "primary", root: path.join(folder, "bucket") });
  intents = await openIntents({ folder: path.join(folder, "intents"), telemetry: silentTelemetry() });
  await mkdir(path.join(folder, "uploads"));
});

afterEach(async () => {
  await intents.close();
  await rm(folder, { recursive: true, force: true });
});

async function leaveUpload(intent: string, ageHours: number): Promise<string> {
  const upload = path.join(folder, "uploads", intent);
  await mkdir(upload);
  await writeFile(path.join(upload, "content"), "x");
  const changed = new Date(Date.now() - ageHours * 3_600_000);
  await utimes(upload, changed, changed);
  return upload;
}

async function tidy() {
  const uploadsFolder = path.join(folder, "uploads");
  const secretsFolder = path.join(folder, "secrets");
  return tidyLake({ store, intents, uploadsFolder, secretsFolder, locks: path.join(folder, "locks") });
}

test("an upload goes once its request has completed, and stays while it is open", async () => {
  const open = newIntentId();
  const ended = newIntentId();
  const at = new Date().toISOString();
  for (const intent of [open, ended]) {
    const payload = { intent, dataset: "notes" };
    await intents.append({
      kind: "accepted",
      intent,
      at,
      actor: "test",
      jobs: [{ queue: "refresh", id: `${intent}.refresh`, payload }],
    });
  }
  await intents.append({ kind: "ended", intent: ended, at, round: 0, state: "completed", result: {} });
  const [kept, gone, cutOff, young] = [
    await leaveUpload(open, 48),
    await leaveUpload(ended, 0),
    await leaveUpload(newIntentId(), 48),
    await leaveUpload(newIntentId(), 1),
  ];
  expect((await tidy()).uploads).toBe(2);
  expect([kept, gone, cutOff, young].map(existsSync)).toEqual([true, false, false, true]);
});

test("two at a time do not get in each other's way", async () => {
  const reports = await Promise.all([tidy(), tidy()]);
  expect(reports.filter((report) => report.skipped).length).toBeLessThan(2);
});

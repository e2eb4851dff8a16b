import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { listSegments } from "../storage/append-segment.ts";
import { silentTelemetry } from "../telemetry/telemetry.ts";
import { compactIntents } from "./compact-intents.ts";
import { newIntentId } from "./intent-id.ts";
import { type Intents, openIntents } from "./intents.ts";

let folder: string;
const opened: Intents[] = [];
const telemetry = silentTelemetry();
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "lakefleet-intents-"));
});
afterEach(async () => {
  for (const intents of opened.splice(0)) await intents.close();
  await rm(folder, { recursive: true, force: true });
});

async function open(): Promise<Intents> {
  const intents = await openIntents({ folder, telemetry });
  opened.push(intents);
  return intents;
}

const at = "2026-01-01T00:00:00.000Z";
const longAfter = Date.parse("2026-03-01T00:00:00.000Z");
const jobs = [{ queue: "refresh" as const, id: "x.refresh", payload: {} }];

async function accept(intents: Intents): Promise<string> {
  const intent = newIntentId();
  await intents.append({ kind: "accepted", intent, at, actor: "test", jobs });
  return intent;
}

async function end(intents: Intents, intent: string): Promise<void> {
  await intents.append({ kind: "ended", intent, at, round: 0, state: "completed" });
}

test("what one process appends another reads after a refresh, also across segments", async () => {
  const [api, worker] = [await open(), await open()];
  const intent = await accept(api);
  expect(worker.read(intent)).toBeUndefined();
  await worker.refresh();
  expect(worker.open().map(({ accepted }) => accepted.intent)).toEqual([intent]);
  await end(worker, intent);
  await api.refresh();
  expect(api.read(intent)?.ended?.state).toBe("completed");
  expect(api.open()).toEqual([]);
});

test("an open request survives every compaction, an old ended one goes", async () => {
  const first = await open();
  const [kept, gone] = [await accept(first), await accept(first)];
  await end(first, gone);
  await opened.pop()?.close();
  const reader = await open();
  for (let round = 0; round < 3; round++) await compactIntents({ folder, telemetry, nowMs: longAfter });
  await reader.refresh();
  expect(reader.read(kept)?.ended).toBeUndefined();
  expect(reader.read(gone)).toBeUndefined();
  expect((await open()).newest(10).map(({ accepted }) => accepted.intent)).toEqual([kept]);
});

test("a request in a living segment does not rise again when the segment of its end is compacted", async () => {
  const [api, worker] = [await open(), await open()];
  const intent = await accept(api);
  await worker.refresh();
  await end(worker, intent);
  await opened.pop()?.close();
  for (let round = 0; round < 3; round++) await compactIntents({ folder, telemetry, nowMs: longAfter });
  expect((await open()).open()).toEqual([]);
  await api.refresh();
  expect(api.open()).toEqual([]);
});

test("a recent end stays readable", async () => {
  const intents = await open();
  const intent = await accept(intents);
  await end(intents, intent);
  await opened.pop()?.close();
  await compactIntents({ folder, telemetry, nowMs: Date.parse(at) + 1_000 });
  expect((await open()).read(intent)?.ended?.state).toBe("completed");
  expect((await listSegments(folder)).length).toBe(1);
});

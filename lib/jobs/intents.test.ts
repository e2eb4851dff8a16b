import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { listSegments } from "../storage/append-segment.ts";
import { silentTelemetry } from "../telemetry/telemetry.ts";
import { compactIntents } from "./compact-intents.ts";
import { newIntentId } from "./intent-id.ts";
import { type Intents, openIntents } from "./intents.ts";

const telemetry = silentTelemetry();
const at = "2026-01-01T00:00:00.000Z";
const longAfter = Date.parse("2026-03-01T00:00:00.000Z");

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), "lakefleet-intents-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function accept(intents: Intents): Promise<string> {
  const intent = newIntentId();
  const jobs = [{ queue: "refresh" as const, id: `${intent}.refresh`, payload: {} }];
  await intents.append({ kind: "accepted", intent, at, actor: "test", jobs });
  return intent;
}

test("what a process has appended itself it does not read again", async () => {
  const folder = await makeFolder();
  const own = await openIntents({ folder, telemetry });
  const intent = await accept(own);
  const [segment] = await listSegments(folder);
  // Reading this would be an error, so a refresh that succeeds has not read it.
  await writeFile(path.join(folder, segment?.name ?? ""), "not a record\n");
  await own.refresh();
  expect(own.open().map(({ accepted }) => accepted.intent)).toEqual([intent]);
  await own.close();
});

test("its own requests and those of others are all there after a compaction", async () => {
  const folder = await makeFolder();
  const [own, other] = [await openIntents({ folder, telemetry }), await openIntents({ folder, telemetry })];
  const accepted = [await accept(own), await accept(other)];
  await own.refresh();
  await other.close();
  await compactIntents({ folder, telemetry, nowMs: longAfter });
  const refreshed = own.refresh();
  accepted.push(await accept(own));
  await refreshed;
  await own.refresh();
  expect(new Set(own.open().map((intent) => intent.accepted.intent))).toEqual(new Set(accepted));
  await own.close();
});

import { dataLayout } from "@lakefleet/config/layout.ts";
import { readDecisions } from "@lakefleet/lib/agent/agent-decision.ts";
import { agentSettingsLog } from "@lakefleet/lib/agent/agent-settings.ts";
import { replayDecisions } from "@lakefleet/lib/agent/replay.ts";
import { type LocalStore, openLocalStore } from "@lakefleet/lib/storage/local-store.ts";
import { silentTelemetry } from "@lakefleet/lib/telemetry/telemetry.ts";
import { trialKey } from "@lakefleet/lib/trial/configuration-key.ts";
import { readJournal } from "@lakefleet/lib/trial/trial-journal.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type FaultLake, openFaultLake, roles, tuners } from "../support/fault-lake.ts";
import { sendAll, settleAll } from "../support/fault-run.ts";
import { waitFor } from "../support/wait-for.ts";

const index = "tuned";
const trialsMax = 5;
/** A few trials and a promotion, each with a takeover or two, on a machine that does other things. */
const sessionMs = 240_000;
const telemetry = silentTelemetry();

let lake: FaultLake;
let store: LocalStore;
beforeAll(async () => {
  lake = await openFaultLake();
  store = await openLocalStore({ name: "primary", root: dataLayout(lake.dataFolder).bucket });
  await lake.startTogether(roles);
  await settleAll(lake, await sendAll(lake, index).urls);
}, 180_000);
afterAll(() => lake?.close());

const journal = () => readJournal({ store, index, telemetry });
const decisions = () => readDecisions({ store, index, telemetry });

async function beginSession(): Promise<void> {
  const answer = await fetch(`${lake.url("api")}/vectors/agent/enqueue/${index}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ proposer: "epsilon-greedy", trials_max: trialsMax }),
  });
  expect(answer.status).toBe(202);
}

/** Kills agent and worker by turns, once for each of the next trials, at whatever they are doing, until all is over. */
async function finishUnderKills(): Promise<void> {
  let killed = 0;
  let seen = 0;
  await waitFor("the session to finish", sessionMs, async () => {
    // What the launcher does: whoever has died is started again.
    for (const role of tuners) if (!lake.isRunning(role)) await lake.start(role);
    const made = await decisions();
    if (made.length > seen && made.at(-1)?.action === "propose" && killed < 4) {
      await lake.kill(killed % 2 === 0 ? "agent" : "trial");
      killed += 1;
    }
    seen = made.length;
    return made.at(-1)?.action === "finish";
  });
}

test("killed wherever it hurts, agent and trial worker finish their session and count no trial twice", async () => {
  await lake.arm("trial", { name: "jobs.before-terminal", pass: 1 });
  await lake.arm("agent", { name: "agent.after-decision", pass: 1 });
  await beginSession();
  await waitFor("the agent to decide, and to die of it", sessionMs, async () => !lake.isRunning("agent"));
  expect(await decisions()).toHaveLength(1);
  await lake.arm("agent", { name: "agent.after-request", pass: 2 });
  await waitFor("the worker to measure, and to die of it", sessionMs, async () => !lake.isRunning("trial"));
  expect((await journal()).filter(({ kind }) => kind === "trial")).toHaveLength(1);
  await finishUnderKills();

  const records = await journal();
  const made = await decisions();
  const outcomes = records.filter((record) => record.kind !== "promotion");
  const proposed = made.filter(({ action }) => action === "propose");
  expect(proposed.length).toBeLessThanOrEqual(trialsMax);
  expect(outcomes.map(({ trial }) => trial).sort()).toEqual(proposed.map(({ intent }) => intent).sort());
  const keys = outcomes.map((record) => trialKey(record.parameters, record.corpus, record.sampleShare));
  expect(new Set(keys).size).toBe(keys.length);
  const settings = await Array.fromAsync(agentSettingsLog(store, index).history({ limit: 100 }));
  const replayed = replayDecisions({ index, decisions: made, journal: records, settings });
  expect(replayed.filter(({ isSame }) => !isSame)).toEqual([]);
}, 600_000);

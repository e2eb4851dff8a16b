import path from "node:path";
import { readDecisions } from "@lakefleet/lib/agent/agent-decision.ts";
import {
  agentSettingsLog,
  changeState,
  pauseAgent,
  startSession,
} from "@lakefleet/lib/agent/agent-settings.ts";
import type { Action } from "@lakefleet/lib/agent/decide.ts";
import { createFactsReader } from "@lakefleet/lib/agent/read-facts.ts";
import { replayDecisions } from "@lakefleet/lib/agent/replay.ts";
import { reportAgent } from "@lakefleet/lib/agent/report-agent.ts";
import { requestSession } from "@lakefleet/lib/agent/request-session.ts";
import { type AgentWorld, stepIndex } from "@lakefleet/lib/agent/step-index.ts";
import { DomainError } from "@lakefleet/lib/errors/domain-error.ts";
import { activeLog } from "@lakefleet/lib/generation/active-log.ts";
import { readManifest } from "@lakefleet/lib/generation/read-manifest.ts";
import { openIntents } from "@lakefleet/lib/jobs/intents.ts";
import { createQueryEmbedder } from "@lakefleet/lib/search/embed-query.ts";
import { silentTelemetry } from "@lakefleet/lib/telemetry/telemetry.ts";
import { runTrial } from "@lakefleet/lib/trial/build/run-trial.ts";
import { appendToJournal, readJournal } from "@lakefleet/lib/trial/trial-journal.ts";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type IndexedLake, madeUpRows, openIndexedLake } from "../support/indexed-lake.ts";

const telemetry = silentTelemetry();
const embedder = createQueryEmbedder();
const { signal } = new AbortController();
const index = "i";

let lake: IndexedLake;
let world: AgentWorld;
let trials: string[];
let published: IndexedLake;
beforeAll(async () => {
  published = await openIndexedLake();
  await published.write(madeUpRows(200));
  await published.publish();
}, 120_000);
afterAll(() => published.remove());
beforeEach(async () => {
  lake = await published.copy();
  trials = [];
  world = await openWorld();
});
afterEach(() => lake.remove());

/** The fleet's work, done at once and in this process: real trials over a real lake, real builds behind real gates. */
async function openWorld(): Promise<AgentWorld> {
  const { store } = lake;
  const intents = await openIntents({ folder: path.join(store.root, "..", "intents"), telemetry });
  const bounds = { countMax: 64, bytesMax: 1e12 };
  const resources = { store, locks: lake.locks, telemetry, bounds, embed: embedder.embed };
  return {
    store,
    telemetry,
    intents,
    facts: createFactsReader(store),
    readLoad: async () => ({ searchP95Ms: null, waitingJobs: 0 }),
    nowMs: Date.now,
    async startTrial({ intent, parameters, evalSet: _, ...task }) {
      trials.push(intent);
      const asked = { ...task, trial: intent, parameters: { ...parameters }, seed: 0 };
      await runTrial({ ...resources, task: asked, signal, progress: () => undefined });
    },
    async startPromotion({ trial, why }) {
      const record = (await journal()).find((one) => one.kind === "trial" && one.trial === trial);
      if (record?.kind !== "trial") throw new Error("the trial is unknown");
      await lake.define({ parameters: record.parameters });
      const generation = await lake.publish();
      await appendToJournal(
        { store, index },
        {
          kind: "promotion",
          trial,
          index,
          intent: `promotion${trials.length}`,
          at: new Date().toISOString(),
          actor: "agent",
          outcome: "promoted",
          generation,
          why,
        },
      );
    },
  };
}

const journal = () => readJournal({ store: lake.store, index, telemetry });
const decisions = () => readDecisions({ store: lake.store, index, telemetry });

async function runSession(): Promise<Action[]> {
  const actions: Action[] = [];
  while (actions.length < 60) {
    const action = await stepIndex(world, index, signal);
    if (action === undefined) throw new Error("the agent has nothing to do");
    actions.push(action);
    if (action.action === "finish") break;
  }
  return actions;
}

async function servingParameters() {
  const active = await activeLog(lake.store, index).head();
  return (await readManifest(lake.store, index, active!.document.generation)).manifest.parameters;
}

test("the agent tunes an index, promotes what it finds, and its journal replays", async () => {
  // As many as are searched by the graph: over fewer, no setting is quicker than another.
  await lake.write(madeUpRows(3_400, "more"));
  const slow = { backend: "hnsw", engine: "usearch", quantization: "f32" } as const;
  await lake.define({ parameters: { ...slow, connectivity: 32, expansionBuild: 64, expansionSearch: 512 } });
  await lake.publish();
  await requestSession(lake.store, index, {
    proposer: "epsilon-greedy",
    trialsPerSession: 6,
    recallTarget: 0.95,
  });
  const actions = await runSession();
  const promoted = actions.find((action) => action.action === "promote");
  expect(promoted).toBeDefined();
  expect(await servingParameters()).toEqual(promoted?.action === "promote" && promoted.parameters);
  expect(new Set(trials).size).toBe(trials.length);
  for (const record of await journal()) expect(record.why.length).toBeGreaterThan(20);
  const settings = await Array.fromAsync(agentSettingsLog(lake.store, index).history({ limit: 10 }));
  const log = { index, decisions: await decisions(), journal: await journal(), settings };
  expect(replayDecisions(log).filter(({ isSame }) => !isSame)).toEqual([]);
  const { indexes } = await reportAgent(lake.store, index);
  expect(indexes[0]?.thought).toMatchObject({ action: "finish", session: 1 });
}, 180_000);

test("after new rows it measures what serves first, and leaves it where it still reaches the target", async () => {
  await requestSession(lake.store, index, { trialsPerSession: 2, recallTarget: 0.9 });
  await runSession();
  await lake.write(madeUpRows(60, "b"));
  await lake.publish();
  const actions = await runSession();
  expect(actions.map(({ action }) => action)).toEqual(["propose", "finish"]);
  expect(actions[0]).toMatchObject({ parameters: await servingParameters() });
  expect(actions[0]?.why).toMatch(/chunks changed/);
}, 180_000);

test("a request that is refused for good is an outcome, and the session goes on", async () => {
  const { startTrial } = world;
  world.startTrial = async (request) => {
    if (trials.length > 0) return startTrial(request);
    trials.push(request.intent);
    throw new DomainError({ kind: "invalid", type: "index-parameters", message: "It cannot be built." });
  };
  await requestSession(lake.store, index, { trialsPerSession: 3 });
  await runSession();
  const [first, ...others] = (await journal()).filter(({ kind }) => kind !== "promotion");
  expect(first).toMatchObject({ kind: "failure", errorType: "index-parameters", trial: trials[0] });
  expect(others.length).toBeGreaterThan(0);
}, 180_000);

test("a request that cannot be made now is made again, and not decided again", async () => {
  const { startTrial } = world;
  world.startTrial = async () => {
    throw new DomainError({ kind: "unavailable", type: "redis-down", message: "Redis does not answer." });
  };
  await requestSession(lake.store, index, { trialsPerSession: 1 });
  await expect(stepIndex(world, index, signal)).rejects.toMatchObject({ type: "redis-down" });
  await expect(stepIndex(world, index, signal)).rejects.toMatchObject({ type: "redis-down" });
  world.startTrial = startTrial;
  await runSession();
  expect((await decisions()).map(({ action }) => action)).toEqual(["propose", "finish"]);
  expect(trials).toHaveLength(1);
}, 180_000);

test("paused and stopped sessions ask for nothing", async () => {
  await startSession(lake.store, index, {});
  await pauseAgent(lake.store, true);
  expect(await stepIndex(world, index, signal)).toMatchObject({
    action: "wait",
    why: "The agent is paused.",
  });
  await pauseAgent(lake.store, false);
  await changeState(lake.store, index, "stopped");
  expect(await stepIndex(world, index, signal)).toMatchObject({ action: "wait" });
  expect(trials).toEqual([]);
  await expect(changeState(lake.store, "other", "paused")).rejects.toMatchObject({ type: "agent-unknown" });
}, 60_000);

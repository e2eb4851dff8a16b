import { describe, expect, test } from "vitest";
import type { JournalRecord, TrialRecord } from "../trial/trial-record.ts";
import { IndexParameters } from "../vector/index-parameters.ts";
import { type AgentDecision, decisionIntent, recordKey, type SessionFacts } from "./agent-decision.ts";
import { AgentOptions, type AgentSettings } from "./agent-settings.ts";
import { type Action, type DecideInput, decide } from "./decide.ts";
import { dependableRecall } from "./dependable-recall.ts";
import { replayDecisions } from "./replay.ts";

const serving = IndexParameters.parse({ backend: "hnsw", expansionSearch: 100, connectivity: 24 });
const facts: SessionFacts = {
  session: 1,
  corpus: "c1",
  corpusChanged: false,
  sinceMs: 1_800_000_000_000,
  dimension: 768,
  vectorCount: 20_000,
  serving,
  evalSet: null,
};
const calm = { searchP95Ms: null, waitingJobs: 0 };

function settingsWith(options: Partial<AgentOptions> = {}): AgentSettings {
  return {
    schemaVersion: 1,
    session: 1,
    state: "running",
    options: AgentOptions.parse({ proposer: "epsilon-greedy", ...options }),
  };
}

/** A corpus on which less connectivity and effort are faster, and recall needs some of both. */
function trialOf(
  parameters: IndexParameters,
  trial: string,
  at: string,
  change: Partial<TrialRecord> = {},
): TrialRecord {
  const { connectivity, expansionSearch } = parameters;
  const cost = parameters.backend === "hnsw" && parameters.quantization !== "i8" ? 2 : 1;
  const recall = 1 - Math.exp(-(connectivity ** 0.5 * expansionSearch) / 50);
  return {
    kind: "trial",
    trial,
    index: "i",
    generation: "g",
    corpus: "c1",
    at,
    parameters,
    sampleShare: 1,
    seed: 0,
    evalSet: null,
    k: 10,
    queryCount: 200,
    recall,
    recallLow: recall - 0.005,
    recallHigh: recall,
    p50Ms: (cost * expansionSearch * (1 + connectivity / 50)) / 200,
    p95Ms: 1,
    p99Ms: 1,
    buildMs: 1_000,
    graphReused: false,
    memoryBytes: 1,
    diskBytes: 1,
    cpuMs: 2_000,
    why: "",
    ...change,
  };
}

interface Played {
  actions: Action[];
  decisions: AgentDecision[];
  journal: JournalRecord[];
}

/** Plays a session to its end: each proposal is measured, each promotion has the outcome that `promote` gives it. */
function play(
  settings: AgentSettings,
  options: {
    promote?: () => "promoted" | "blocked";
    spread?: (record: TrialRecord) => Partial<TrialRecord>;
    facts?: SessionFacts;
    before?: Played;
  } = {},
): Played {
  const actions: Action[] = [];
  const decisions: AgentDecision[] = [...(options.before?.decisions ?? [])];
  const journal: JournalRecord[] = [...(options.before?.journal ?? [])];
  let current = options.facts ?? facts;
  for (let step = 0; step < 200; step++) {
    const nowMs = current.sinceMs + 10_000 * step;
    const at = new Date(nowMs).toISOString();
    const input: DecideInput = {
      settings,
      decisions,
      facts: current,
      history: journal,
      nowMs,
      load: calm,
      agentPaused: false,
    };
    const action = decide(input);
    actions.push(action);
    if (action.action === "wait") break;
    const told = new Set(decisions.flatMap(({ known }) => known));
    const known = journal.map(recordKey).filter((key) => !told.has(key));
    const parameters = "parameters" in action ? action.parameters : null;
    const sampleShare = action.action === "propose" ? action.sampleShare : 1;
    const intent =
      action.action === "finish" || parameters === null
        ? null
        : decisionIntent("i", current, { action: action.action, parameters, sampleShare });
    const trial = action.action === "promote" ? action.trial : null;
    const { why } = action;
    decisions.push({
      at,
      action: action.action,
      why,
      facts: current,
      settings: 1,
      known,
      intent,
      parameters,
      sampleShare,
      trial,
    });
    if (parameters === null || intent === null) continue;
    if (trial === null) {
      const record = trialOf(parameters, intent, at, { sampleShare, corpus: current.corpus });
      journal.push({ ...record, ...options.spread?.(record) });
    } else {
      const outcome = options.promote?.() ?? "promoted";
      journal.push({
        kind: "promotion",
        trial,
        index: "i",
        intent,
        at,
        actor: "agent",
        outcome,
        generation: null,
        why,
      });
      if (outcome === "promoted") current = { ...current, serving: parameters };
    }
  }
  return { actions, decisions, journal };
}

describe("a session", () => {
  test("measures what serves, tunes, promotes the fastest that reaches the target, and ends", () => {
    const { actions, journal } = play(settingsWith());
    expect(actions[0]).toMatchObject({ action: "propose", parameters: serving });
    expect(actions.slice(-3).map(({ action }) => action)).toEqual(["promote", "finish", "wait"]);
    const trials = journal.filter((record) => record.kind === "trial");
    expect(trials.length).toBeLessThanOrEqual(20);
    const promoted = actions.find((action) => action.action === "promote");
    const winner = trials.find(({ trial }) => promoted?.action === "promote" && trial === promoted.trial)!;
    expect(dependableRecall(winner)).toBeGreaterThanOrEqual(0.99);
    const reaching = trials.filter((trial) => dependableRecall(trial) >= 0.99);
    expect(winner.p50Ms).toBe(Math.min(...reaching.map(({ p50Ms }) => p50Ms)));
  });

  test.each(["random", "grid", "epsilon-greedy", "bayesian", "halving"] as const)(
    "of the proposer %s is decided the same way again from its journal",
    (proposer) => {
      const settings = settingsWith({ proposer, trialsPerSession: 12 });
      const { decisions, journal } = play(settings);
      const replayed = replayDecisions({
        index: "i",
        decisions,
        journal,
        settings: [{ number: 1, at: "", document: settings }],
      });
      expect(replayed.length).toBeGreaterThan(3);
      expect(replayed.filter(({ isSame }) => !isSame)).toEqual([]);
    },
  );

  test("a replay tells a decision that does not follow", () => {
    const settings = settingsWith();
    const { decisions, journal } = play(settings);
    const forged = decisions.map((decision, place) =>
      place === 2 ? { ...decision, why: "Because." } : decision,
    );
    const replayed = replayDecisions({
      index: "i",
      decisions: forged,
      journal,
      settings: [{ number: 1, at: "", document: settings }],
    });
    expect(replayed.map(({ isSame }) => isSame).indexOf(false)).toBe(2);
  });

  test("goes on to the next best where a gate refuses, and never promotes the same one twice", () => {
    const { actions } = play(settingsWith({ trialsPerSession: 10 }), { promote: () => "blocked" });
    const promoted = actions.flatMap((action) => (action.action === "promote" ? [action.trial] : []));
    expect(promoted.length).toBeGreaterThan(1);
    expect(new Set(promoted).size).toBe(promoted.length);
    expect(actions.slice(-2).map(({ action }) => action)).toEqual(["finish", "wait"]);
  });

  test("promotes no gain that is within the spread of what was measured", () => {
    const noisy = (record: TrialRecord) => ({ p50LowMs: record.p50Ms / 3, p50HighMs: record.p50Ms * 3 });
    const { actions } = play(settingsWith(), { spread: noisy });
    expect(actions.some(({ action }) => action === "promote")).toBe(false);
    expect(actions.at(-2)).toMatchObject({
      action: "finish",
      why: expect.stringMatching(/no more than its figures can err/),
    });
  });

  test("over changed chunks ends at once where what serves still reaches the target", () => {
    const { actions } = play(settingsWith(), { facts: { ...facts, corpusChanged: true } });
    expect(actions.map(({ action }) => action)).toEqual(["propose", "finish", "wait"]);
  });

  test("over changed chunks tunes again where what serves falls short of the target", () => {
    const weak = IndexParameters.parse({ backend: "hnsw", expansionSearch: 32, connectivity: 8 });
    const { actions } = play(settingsWith(), { facts: { ...facts, corpusChanged: true, serving: weak } });
    expect(actions.length).toBeGreaterThan(4);
    expect(actions.some(({ action }) => action === "promote")).toBe(true);
  });

  test("promotes nothing below the floor, though nothing else was found", () => {
    const bounds = { expansionSearch: [8, 10], connectivity: [8] };
    const poor = IndexParameters.parse({ backend: "hnsw", expansionSearch: 12, connectivity: 8 });
    const { actions } = play(settingsWith({ bounds }), { facts: { ...facts, serving: poor } });
    expect(actions.some(({ action }) => action === "promote")).toBe(false);
    expect(actions.at(-2)).toMatchObject({ action: "finish" });
  });

  test("asked for again looks further than the one before, and repeats none of its trials", () => {
    const settings = settingsWith({ trialsPerSession: 6 });
    const first = play(settings);
    const later = { ...facts, session: 2, sinceMs: facts.sinceMs + 3_600_000 };
    const again = play({ ...settings, session: 2 }, { facts: later, before: first });
    const keys = again.journal.flatMap((record) =>
      record.kind === "trial" ? [JSON.stringify([record.parameters, record.sampleShare])] : [],
    );
    expect(keys.length).toBeGreaterThan(first.journal.filter(({ kind }) => kind === "trial").length + 3);
    expect(new Set(keys).size).toBe(keys.length);
  });

  test("keeps to its trials and its processor time", () => {
    const count = (options: Partial<AgentOptions>) =>
      play(settingsWith({ patience: 100, ...options })).journal.filter(({ kind }) => kind === "trial").length;
    expect(count({ trialsPerSession: 5 })).toBe(5);
    expect(count({ cpuSecondsPerSession: 8 })).toBe(4);
  });
});

describe("a session waits", () => {
  const at = new Date(facts.sinceMs).toISOString();
  const first: AgentDecision = {
    at,
    action: "propose",
    why: "What serves is measured first.",
    facts,
    settings: 1,
    known: [],
    intent: "firsttrial",
    parameters: serving,
    sampleShare: 1,
    trial: null,
  };
  const input: DecideInput = {
    settings: settingsWith(),
    decisions: [first],
    facts,
    history: [trialOf(serving, "firsttrial", at)],
    nowMs: facts.sinceMs + 1_000,
    load: calm,
    agentPaused: false,
  };

  test.each<[string, Partial<DecideInput>, RegExp]>([
    ["while its last trial is under way", { history: [] }, /under way/],
    ["while people's searches are slow", { load: { searchP95Ms: 250, waitingJobs: 0 } }, /250\.0 ms at p95/],
    ["while other work waits", { load: { searchP95Ms: null, waitingJobs: 500 } }, /500 jobs wait/],
    ["while the agent is paused", { agentPaused: true }, /agent is paused/],
    ["while the index is paused", { settings: { ...settingsWith(), state: "paused" } }, /index is paused/],
    ["once it is stopped", { settings: { ...settingsWith(), state: "stopped" } }, /stopped/],
    ["for its cooldown", { settings: settingsWith({ cooldownSeconds: 60 }) }, /Cooling down/],
    ["for its hour", { settings: settingsWith({ trialsPerHour: 1 }) }, /within the hour/],
  ])("%s", (_, change, why) => {
    expect(decide(input)).toMatchObject({ action: "propose" });
    expect(decide({ ...input, ...change })).toMatchObject({
      action: "wait",
      why: expect.stringMatching(why),
    });
  });

  test("and goes on when the time has come", () => {
    const cooling = { ...input, settings: settingsWith({ cooldownSeconds: 60 }) };
    const action = decide(cooling);
    const nowMs = action.action === "wait" ? action.untilMs! : 0;
    expect(decide({ ...cooling, nowMs })).toMatchObject({ action: "propose" });
  });
});

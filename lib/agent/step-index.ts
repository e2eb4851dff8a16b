import type { Intents } from "../jobs/intents.ts";
import { failpoint } from "../storage/failpoint.ts";
import type { LocalStore } from "../storage/local-store.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { readJournal } from "../trial/trial-journal.ts";
import type { IndexParameters } from "../vector/index-parameters.ts";
import {
  type AgentDecision,
  appendDecision,
  decisionIntent,
  readDecisions,
  recordKey,
} from "./agent-decision.ts";
import { agentSettingsLog, isAgentPaused } from "./agent-settings.ts";
import { type Action, type DecideInput, decide, type LiveLoad, sessionDecisions } from "./decide.ts";
import type { FactsReader } from "./read-facts.ts";
import { askFor, settleDecision } from "./settle-decision.ts";
import { writeThought } from "./thought.ts";

/** What a step needs of the fleet. */
export interface AgentWorld {
  store: LocalStore;
  telemetry: Telemetry;
  intents: Intents;
  facts: FactsReader;
  readLoad(): Promise<LiveLoad>;
  nowMs(): number;
  /** Starts what a decision asks for; the same intent twice is one request. */
  startTrial(request: {
    index: string;
    intent: string;
    parameters: IndexParameters;
    sampleShare: number;
    k: number;
    evalSet: string | null;
    why: string;
  }): Promise<void>;
  /** Asked again while it is on its way, it is the same promotion. */
  startPromotion(request: { index: string; trial: string; why: string }): Promise<void>;
}

/**
 * Looks at one index and does the next thing, if there is one. May be killed at any instant: a decision is on disk
 * before it is acted on, and acting on it twice is one request. Undefined where the agent has nothing to do with it.
 */
export async function stepIndex(
  world: AgentWorld,
  index: string,
  signal: AbortSignal,
): Promise<Action | undefined> {
  const input = await readInput(world, index, signal);
  if (input === undefined) return undefined;
  const open = sessionDecisions(input).at(-1);
  if (open !== undefined && (await settleDecision(world, index, open, input.history)) === "unasked") {
    await act(world, index, open, input);
  }
  const action = decide(input);
  if (action.action !== "wait") {
    const decision = asDecision(index, action, input);
    await appendDecision({ ...world, index }, decision);
    failpoint("agent.after-decision");
    world.telemetry.emit("agent.decided", { index, action: action.action, why: action.why });
    await act(world, index, decision, input);
    failpoint("agent.after-request");
  }
  await writeThought(world.store, index, { action, input });
  return action;
}

interface StepInput extends DecideInput {
  settingsNumber: number;
}

async function readInput(
  world: AgentWorld,
  index: string,
  signal: AbortSignal,
): Promise<StepInput | undefined> {
  const { store } = world;
  const head = await agentSettingsLog(store, index).head();
  if (head === undefined) return undefined;
  const settings = head.document;
  const nowMs = world.nowMs();
  const decisions = await readDecisions({ ...world, index });
  const facts = await world.facts.read({ index, settings, decisions, nowMs, signal });
  if (facts === undefined) return undefined;
  const history = await readJournal({ ...world, index });
  const [load, agentPaused] = await Promise.all([world.readLoad(), isAgentPaused(store)]);
  return { settings, settingsNumber: head.number, decisions, facts, history, nowMs, load, agentPaused };
}

function asDecision(
  index: string,
  action: Exclude<Action, { action: "wait" }>,
  input: StepInput,
): AgentDecision {
  const { decisions, facts, history } = input;
  const told = new Set(decisions.flatMap(({ known }) => known));
  const decision = {
    at: new Date(input.nowMs).toISOString(),
    why: action.why,
    facts,
    settings: input.settingsNumber,
    known: history.map(recordKey).filter((key) => !told.has(key)),
  };
  if (action.action === "finish") {
    return { ...decision, action: "finish", intent: null, parameters: null, sampleShare: 1, trial: null };
  }
  const { parameters } = action;
  const sampleShare = action.action === "propose" ? action.sampleShare : 1;
  const trial = action.action === "promote" ? action.trial : null;
  const intent = decisionIntent(index, facts, { action: action.action, parameters, sampleShare });
  return { ...decision, action: action.action, intent, parameters, sampleShare, trial };
}

function act(
  world: AgentWorld,
  index: string,
  decision: AgentDecision,
  { settings }: StepInput,
): Promise<void> {
  const { action, intent, parameters, sampleShare, trial, why, facts } = decision;
  return askFor(world, index, decision, async () => {
    if (action === "promote" && trial !== null) return world.startPromotion({ index, trial, why });
    if (intent === null || parameters === null) return;
    const { k } = settings.options;
    await world.startTrial({ index, intent, parameters, sampleShare, k, evalSet: facts.evalSet, why });
  });
}

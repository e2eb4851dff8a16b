import { trialKey } from "../trial/configuration-key.ts";
import { defineSpace } from "../trial/propose/default-space.ts";
import type { Proposal, TrialPoint } from "../trial/propose/proposer.ts";
import { findProposer } from "../trial/propose/proposers.ts";
import { type AgentDecision, isSameSession, type SessionFacts } from "./agent-decision.ts";
import type { AgentSettings } from "./agent-settings.ts";
import { conclude } from "./conclude.ts";
import { dependableRecall } from "./dependable-recall.ts";
import { comparableTrials, isSettled, promotionsOf, type SessionView, servingTrial } from "./session-view.ts";

/** How busy the fleet is with what people wait for. */
export interface LiveLoad {
  /** Over the last seconds; null where nobody searched. */
  searchP95Ms: number | null;
  /** Jobs that wait in the queues that bring data in. */
  waitingJobs: number;
}

export type Action =
  | { action: "propose"; parameters: Proposal["parameters"]; sampleShare: number; why: string }
  | { action: "promote"; trial: string; parameters: Proposal["parameters"]; why: string }
  | { action: "finish"; why: string }
  /** Nothing to do until something changes, or until a time. */
  | { action: "wait"; why: string; untilMs?: number };

export interface DecideInput extends SessionView {
  settings: AgentSettings;
  /** Every decision about the index, oldest first. */
  decisions: readonly AgentDecision[];
  facts: SessionFacts;
  nowMs: number;
  load: LiveLoad;
  agentPaused: boolean;
}

const hourMs = 3_600_000;

/**
 * What the agent does next, and why. Pure: the same history, settings, time and load give the same action, which is how
 * a journal can be replayed.
 */
export function decide(input: DecideInput): Action {
  const standing = standStill(input);
  if (standing !== undefined) return standing;
  const last = sessionDecisions(input).at(-1);
  if (last && promotionsOf(last, input.history).some(({ outcome }) => outcome === "promoted")) {
    return { action: "finish", why: `The trial ${last.trial} was promoted.` };
  }
  const reason = endOfSearch(input);
  if (reason !== undefined) return conclude(input, reason);
  const patience = holdBack(input);
  if (patience !== undefined) return patience;
  const proposal = nextProposal(input);
  if (proposal !== undefined) return { action: "propose", ...proposal };
  return conclude(input, "Nothing that is left to try promises enough of a gain");
}

/** The decisions of the session that the facts name. */
export function sessionDecisions({
  decisions,
  facts,
}: Pick<DecideInput, "decisions" | "facts">): AgentDecision[] {
  return decisions.filter((decision) => isSameSession(decision.facts, facts));
}

function standStill(input: DecideInput): Action | undefined {
  const { settings, agentPaused } = input;
  if (settings.state === "stopped") return { action: "wait", why: "The session was stopped." };
  const last = sessionDecisions(input).at(-1);
  if (last?.action === "finish") return { action: "wait", why: `The session is finished: ${last.why}` };
  if (last !== undefined && !isSettled(last, input.history)) {
    const what = last.action === "propose" ? "The trial" : "The promotion";
    return { action: "wait", why: `${what} ${last.intent} is under way: ${last.why}` };
  }
  if (agentPaused) return { action: "wait", why: "The agent is paused." };
  return settings.state === "paused" ? { action: "wait", why: "The index is paused." } : undefined;
}

/** Why no further trial of the session is wanted. */
function endOfSearch(input: DecideInput): string | undefined {
  const { settings, facts } = input;
  const { options } = settings;
  const decisions = sessionDecisions(input);
  const promoted = decisions.some(({ action }) => action === "promote");
  const trials = decisions.filter(({ action }) => action === "propose");
  const intents = new Set(trials.map(({ intent }) => intent));
  const cpuMs = comparableTrials(input)
    .filter(({ trial }) => intents.has(trial))
    .reduce((sum, trial) => sum + trial.cpuMs, 0);
  if (promoted) return "A gate refused the promotion";
  const serving = servingTrial(input);
  if (facts.corpusChanged && serving && serving.recall >= options.recallTarget) {
    return `The chunks changed, and what serves still reaches the target with a recall of ${serving.recall.toFixed(4)}`;
  }
  if (trials.length >= options.trialsPerSession) return `All ${trials.length} trials of the session are done`;
  if (cpuMs >= 1_000 * options.cpuSecondsPerSession) {
    return `The session has used its ${options.cpuSecondsPerSession} seconds of processor time`;
  }
  const idle = trialsWithoutGain(input);
  return idle >= options.patience ? `The last ${idle} trials found nothing better` : undefined;
}

/** Full trials of the session since the champion was last beaten by a gain that counts. */
function trialsWithoutGain(input: DecideInput): number {
  const { recallTarget, gainMin } = input.settings.options;
  const asked = new Set(sessionDecisions(input).map(({ intent }) => intent));
  let bestMs = Number.POSITIVE_INFINITY;
  let idle = 0;
  for (const record of comparableTrials(input)) {
    const { sampleShare, p50Ms, trial } = record;
    if (sampleShare < 1) continue;
    const reaches = dependableRecall(record) >= recallTarget;
    const better = reaches && p50Ms < bestMs * (1 - gainMin);
    if (reaches) bestMs = Math.min(bestMs, p50Ms);
    // While nothing reaches the target the search goes on, until its trials are used up.
    if (better || bestMs === Number.POSITIVE_INFINITY) idle = 0;
    else if (asked.has(trial)) idle += 1;
  }
  return idle;
}

/** Why the next trial has to wait, though one is wanted. */
function holdBack({ settings, decisions, nowMs, load }: DecideInput): Action | undefined {
  const { cooldownSeconds, trialsPerHour, searchP95MsMax, waitingJobsMax } = settings.options;
  const started = decisions.filter(({ action }) => action === "propose").map(({ at }) => Date.parse(at));
  const recent = started.filter((at) => at > nowMs - hourMs);
  const coolAt = (started.at(-1) ?? 0) + 1_000 * cooldownSeconds;
  if (nowMs < coolAt)
    return { action: "wait", why: `Cooling down for ${cooldownSeconds} s.`, untilMs: coolAt };
  if (recent.length >= trialsPerHour) {
    const untilMs = recent[recent.length - trialsPerHour]! + hourMs;
    return {
      action: "wait",
      why: `${recent.length} trials began within the hour, which is the limit.`,
      untilMs,
    };
  }
  if (load.searchP95Ms !== null && load.searchP95Ms > searchP95MsMax) {
    const why = `Searches take ${load.searchP95Ms.toFixed(1)} ms at p95, more than ${searchP95MsMax}: they come first.`;
    return { action: "wait", why };
  }
  if (load.waitingJobs > waitingJobsMax) {
    return {
      action: "wait",
      why: `${load.waitingJobs} jobs wait, more than ${waitingJobsMax}: they come first.`,
    };
  }
  return undefined;
}

function nextProposal(input: DecideInput): Proposal | undefined {
  const { settings, facts } = input;
  const { options } = settings;
  const known = outcomesOf(input);
  const servingKey = trialKey(facts.serving, "", 1);
  if (!known.some(({ parameters, sampleShare }) => trialKey(parameters, "", sampleShare) === servingKey)) {
    const why = facts.corpusChanged
      ? "The chunks changed: what serves is measured over them before anything else."
      : "What serves is measured first, for everything else to be compared with.";
    return { parameters: facts.serving, sampleShare: 1, why };
  }
  const { dimension, vectorCount } = facts;
  return findProposer(options.proposer).propose({
    space: defineSpace(facts.serving.backend, {
      dimension,
      vectorCount,
      bounds: options.bounds,
      serving: facts.serving,
    }),
    seed: facts.session,
    objective: { recallTarget: options.recallTarget, gainMin: options.gainMin },
    history: known,
  });
}

/** What is known of each configuration. One of this session whose figures cannot be compared counts as tried all the same. */
function outcomesOf(input: DecideInput): TrialPoint[] {
  const { facts, history } = input;
  const comparable = new Map(comparableTrials(input).map((trial) => [trial.trial, trial]));
  const asked = new Set(sessionDecisions(input).map(({ intent }) => intent));
  return history.flatMap((record) => {
    if (record.kind === "promotion" || record.corpus !== facts.corpus) return [];
    const { parameters, sampleShare } = record;
    const trial = comparable.get(record.trial);
    if (trial !== undefined) {
      const { p50Ms, buildMs } = trial;
      return [{ parameters, sampleShare, measured: { recall: dependableRecall(trial), p50Ms, buildMs } }];
    }
    return record.kind === "failure" || asked.has(record.trial) ? [{ parameters, sampleShare }] : [];
  });
}

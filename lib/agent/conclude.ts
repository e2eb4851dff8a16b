import { trialKey } from "../trial/configuration-key.ts";
import type { TrialRecord } from "../trial/trial-record.ts";
import type { AgentOptions } from "./agent-settings.ts";
import type { Action } from "./decide.ts";
import { dependableRecall } from "./dependable-recall.ts";
import { findsSurelyMore, latencyGain } from "./measured-gain.ts";
import { comparableTrials, type SessionView, servingTrial } from "./session-view.ts";

/**
 * At the end of a search: promotes the best configuration where it beats what serves by more than the figures of both
 * can err, else finishes.
 */
export function conclude(view: SessionView, reason: string): Action {
  const serving = servingTrial(view);
  const winner = promotable(view)[0];
  const finish = (text: string): Action => ({ action: "finish", why: `${reason}; ${text}` });
  if (winner === undefined) return finish("no configuration may be promoted.");
  if (serving === undefined) return promote(winner, `${reason}; what serves could not be measured.`);
  if (keyOf(winner) === keyOf(serving)) return finish(`what serves is the best, ${describe(serving)}.`);
  const comparison = `${describe(winner)} against ${describe(serving)} of what serves`;
  const advantage = advantageOf(winner, serving, view.settings.options);
  if (advantage !== undefined) return promote(winner, `${reason}; ${advantage}: ${comparison}.`);
  return finish(`the best one gains too little, or no more than its figures can err: ${comparison}.`);
}

/** Why the winner is worth a build; undefined where it is not. */
function advantageOf(
  winner: TrialRecord,
  serving: TrialRecord,
  { recallTarget, gainMin }: AgentOptions,
): string | undefined {
  const [winnerReaches, servingReaches] = [winner, serving].map(
    (trial) => dependableRecall(trial) >= recallTarget,
  );
  const { gain, least } = latencyGain(winner, serving);
  const findsMore = findsSurelyMore(winner, serving);
  if (winnerReaches && !servingReaches && findsMore) {
    return `the best one reaches the recall of ${recallTarget}`;
  }
  if (winnerReaches && gain >= gainMin && least > 0) {
    return `the best one is ${(100 * gain).toFixed(0)} % faster, and ${(100 * least).toFixed(0)} % at the least`;
  }
  // Nothing reaches the target: then the missed share counts as the latency does otherwise.
  const missesLess = 1 - winner.recall <= (1 - gainMin) * (1 - serving.recall);
  return !winnerReaches && findsMore && missesLess
    ? "nothing reaches the target, the best one misses less"
    : undefined;
}

/** What may be promoted, best first: enough recall, its interval above the floor, and not refused by a gate before. */
function promotable(view: SessionView): TrialRecord[] {
  const { recallTarget, recallFloor } = view.settings.options;
  const trials = comparableTrials(view);
  const blocked = new Set(
    view.history.flatMap((record) =>
      record.kind === "promotion" && record.outcome === "blocked"
        ? trials.filter(({ trial }) => trial === record.trial).map(keyOf)
        : [],
    ),
  );
  const allowed = trials.filter(
    (trial) =>
      trial.sampleShare === 1 &&
      trial.recall >= recallFloor &&
      trial.recallLow >= recallFloor &&
      !blocked.has(keyOf(trial)),
  );
  const reaching = allowed.filter((trial) => dependableRecall(trial) >= recallTarget);
  return reaching.length > 0
    ? reaching.sort((left, right) => left.p50Ms - right.p50Ms)
    : allowed.sort((left, right) => right.recall - left.recall || left.p50Ms - right.p50Ms);
}

function promote(winner: TrialRecord, why: string): Action {
  return { action: "promote", trial: winner.trial, parameters: winner.parameters, why };
}

function keyOf({ parameters, corpus, sampleShare }: TrialRecord): string {
  return trialKey(parameters, corpus, sampleShare);
}

function describe({ recall, p50Ms }: TrialRecord): string {
  return `recall ${recall.toFixed(4)} at ${p50Ms.toFixed(3)} ms`;
}

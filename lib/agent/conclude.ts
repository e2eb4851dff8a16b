import { trialKey } from "../trial/configuration-key.ts";
import type { TrialRecord } from "../trial/trial-record.ts";
import type { Action } from "./decide.ts";
import { comparableTrials, type SessionView, servingTrial } from "./session-view.ts";

/** At the end of a search: promotes the best configuration where it beats what serves, else finishes. */
export function conclude(view: SessionView, reason: string): Action {
  const { recallTarget, gainMin } = view.settings.options;
  const serving = servingTrial(view);
  const winner = promotable(view)[0];
  const finish = (text: string): Action => ({ action: "finish", why: `${reason}; ${text}` });
  if (winner === undefined) return finish("no configuration may be promoted.");
  if (serving === undefined) return promote(winner, `${reason}; what serves could not be measured.`);
  if (keyOf(winner) === keyOf(serving)) return finish(`what serves is the best, ${describe(serving)}.`);
  const [winnerReaches, servingReaches] = [winner.recall >= recallTarget, serving.recall >= recallTarget];
  const gain = 1 - winner.p50Ms / serving.p50Ms;
  const comparison = `${describe(winner)} against ${describe(serving)} of what serves`;
  if (winnerReaches && !servingReaches) {
    return promote(winner, `${reason}; the best one reaches the recall of ${recallTarget}: ${comparison}.`);
  }
  if (winnerReaches && gain >= gainMin) {
    return promote(winner, `${reason}; the best one is ${(100 * gain).toFixed(0)} % faster: ${comparison}.`);
  }
  // Nothing reaches the target: then a recall that is a tenth of the missing share nearer is worth a build.
  if (!winnerReaches && 1 - winner.recall <= (1 - gainMin) * (1 - serving.recall)) {
    return promote(winner, `${reason}; nothing reaches the target, the best one misses less: ${comparison}.`);
  }
  return finish(`the best one gains too little for a build: ${comparison}.`);
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
  const reaching = allowed.filter(({ recall }) => recall >= recallTarget);
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

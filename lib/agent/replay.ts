import type { Commit } from "../storage/commit-record.ts";
import type { JournalRecord } from "../trial/trial-record.ts";
import { type AgentDecision, decisionIntent, recordKey } from "./agent-decision.ts";
import type { AgentSettings } from "./agent-settings.ts";
import { type Action, decide } from "./decide.ts";

export interface ReplayedDecision {
  decision: AgentDecision;
  /** What is decided now from what was known then. */
  replayed: Action;
  isSame: boolean;
}

/**
 * Decides everything again from what was known at each decision. Times and limits are taken as they were, the load as
 * none: a decision that was made shows that nothing held it back.
 */
export function replayDecisions(log: {
  index: string;
  decisions: readonly AgentDecision[];
  journal: readonly JournalRecord[];
  settings: readonly Commit<AgentSettings>[];
}): ReplayedDecision[] {
  const settingsOf = new Map(log.settings.map(({ number, document }) => [number, document]));
  const known = new Set<string>();
  return log.decisions.map((decision, place) => {
    for (const key of decision.known) known.add(key);
    const settings = settingsOf.get(decision.settings);
    if (settings === undefined)
      throw new Error(`the settings ${decision.settings} of a decision are missing`);
    const replayed = decide({
      settings,
      facts: decision.facts,
      decisions: log.decisions.slice(0, place),
      history: log.journal.filter((record) => known.has(recordKey(record))),
      nowMs: Date.parse(decision.at),
      load: { searchP95Ms: null, waitingJobs: 0 },
      agentPaused: false,
    });
    return { decision, replayed, isSame: isSame(log.index, decision, replayed) };
  });
}

function isSame(index: string, decision: AgentDecision, replayed: Action): boolean {
  if (replayed.action !== decision.action || replayed.why !== decision.why) return false;
  if (replayed.action !== "propose" && replayed.action !== "promote") return true;
  const sampleShare = replayed.action === "propose" ? replayed.sampleShare : 1;
  const { action, parameters } = replayed;
  return decisionIntent(index, decision.facts, { action, parameters, sampleShare }) === decision.intent;
}

import { DomainError } from "../errors/domain-error.ts";
import { appendToJournal } from "../trial/trial-journal.ts";
import type { JournalRecord } from "../trial/trial-record.ts";
import type { AgentDecision } from "./agent-decision.ts";
import { isSettled, promotionsOf } from "./session-view.ts";
import type { AgentWorld } from "./step-index.ts";

type SettlingWorld = Pick<AgentWorld, "store" | "intents" | "nowMs">;

/**
 * Looks after what a decision has asked for: `unasked` where the request was never taken. A trial that ended without a
 * word in the journal, as one does that kills its workers, gets its record here, so that the session goes on.
 */
export async function settleDecision(
  world: SettlingWorld,
  index: string,
  decision: AgentDecision,
  history: readonly JournalRecord[],
): Promise<"settled" | "running" | "unasked"> {
  if (isSettled(decision, history) || decision.intent === null) return "settled";
  // Whoever starts a promotion or sees it end writes that down; see settle-promotions.ts.
  if (decision.action === "promote") {
    return promotionsOf(decision, history).length > 0 ? "running" : "unasked";
  }
  await world.intents.refresh();
  const intent = world.intents.read(decision.intent);
  if (intent === undefined) return "unasked";
  // A completed trial has written its own record, which was read a moment too early.
  if (intent.ended === undefined || intent.ended.state === "completed") return "running";
  const { state, error } = intent.ended;
  const problem = {
    type: error?.type ?? `trial-${state}`,
    message: error?.detail ?? `The trial was ${state}.`,
  };
  await recordRefusal(world, index, decision, problem);
  return "running";
}

/** Does what a decision asks for; what is refused for good is its outcome, so that the session goes on without it. */
export async function askFor(
  world: SettlingWorld,
  index: string,
  decision: AgentDecision,
  ask: () => Promise<void>,
): Promise<void> {
  try {
    await ask();
  } catch (error) {
    if (!(error instanceof DomainError) || error.retryable || error.kind === "corrupt") throw error;
    await recordRefusal(world, index, decision, error);
  }
}

async function recordRefusal(
  { store, nowMs }: SettlingWorld,
  index: string,
  decision: AgentDecision,
  problem: { type: string; message: string },
): Promise<void> {
  const { intent, parameters, sampleShare, trial, facts } = decision;
  if (intent === null || parameters === null) return;
  const at = new Date(nowMs()).toISOString();
  const { type, message } = problem;
  const shared = { index, at, why: decision.why };
  await appendToJournal(
    { store, index },
    trial === null
      ? {
          ...shared,
          kind: "failure",
          trial: intent,
          corpus: facts.corpus,
          parameters,
          sampleShare,
          errorType: type,
          message,
        }
      : {
          ...shared,
          kind: "promotion",
          trial,
          intent,
          actor: "agent",
          outcome: "blocked",
          generation: null,
          why: `${type}: ${message}`,
        },
  );
}

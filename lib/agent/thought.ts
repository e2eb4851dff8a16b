import { z } from "zod";
import type { ObjectStore } from "../storage/object-store.ts";
import { IndexParameters } from "../vector/index-parameters.ts";
import { type Action, type DecideInput, sessionDecisions } from "./decide.ts";
import { dependableRecall } from "./dependable-recall.ts";
import { comparableTrials, servingTrial } from "./session-view.ts";

const Measured = z.strictObject({
  trial: z.string(),
  parameters: IndexParameters,
  recall: z.number(),
  p50Ms: z.number(),
});

/** What the agent makes of one index, as it last said. Losing it loses nothing. */
export const Thought = z.strictObject({
  at: z.string(),
  session: z.int(),
  corpus: z.string(),
  action: z.enum(["propose", "promote", "finish", "wait"]),
  why: z.string(),
  parameters: IndexParameters.nullable(),
  untilMs: z.number().nullable(),
  champion: Measured.nullable(),
  serving: Measured.nullable(),
  trialsLeft: z.int(),
  cpuSecondsLeft: z.number(),
});
export type Thought = z.infer<typeof Thought>;

const lastWritten = new WeakMap<ObjectStore, Map<string, string>>();

function keyOf(index: string): string {
  return `indexes/${index}/agent/thought.json`;
}

/** Writes it down for whoever asks, where it differs from the one before in more than its time. */
export async function writeThought(
  store: ObjectStore,
  index: string,
  { action, input }: { action: Action; input: DecideInput },
): Promise<void> {
  const thought = thoughtOf(action, input);
  const text = JSON.stringify({ ...thought, at: "" });
  const written = lastWritten.get(store) ?? new Map<string, string>();
  lastWritten.set(store, written);
  if (written.get(index) === text) return;
  await store.put(keyOf(index), Buffer.from(JSON.stringify(thought)));
  written.set(index, text);
}

/** The agent's last thought about the index; undefined where it has had none. */
export async function readThought(store: ObjectStore, index: string): Promise<Thought | undefined> {
  const key = keyOf(index);
  if ((await store.size(key)) === undefined) return undefined;
  return Thought.parse(JSON.parse(Buffer.from(await store.get(key)).toString("utf8")));
}

function thoughtOf(action: Action, input: DecideInput): Thought {
  const { facts, settings, nowMs } = input;
  const { recallTarget, trialsPerSession, cpuSecondsPerSession } = settings.options;
  const trials = comparableTrials(input);
  const asked = sessionDecisions(input).filter((decision) => decision.action === "propose");
  const intents = new Set(asked.map(({ intent }) => intent));
  const cpuMs = trials
    .filter(({ trial }) => intents.has(trial))
    .reduce((sum, { cpuMs: one }) => sum + one, 0);
  const champion = trials
    .filter((trial) => trial.sampleShare === 1 && dependableRecall(trial) >= recallTarget)
    .sort((left, right) => left.p50Ms - right.p50Ms)[0];
  const serving = servingTrial(input);
  const measured = (trial: typeof champion) =>
    trial
      ? { trial: trial.trial, parameters: trial.parameters, recall: trial.recall, p50Ms: trial.p50Ms }
      : null;
  return {
    at: new Date(nowMs).toISOString(),
    session: facts.session,
    corpus: facts.corpus,
    action: action.action,
    why: action.why,
    parameters: "parameters" in action ? action.parameters : null,
    untilMs: action.action === "wait" ? (action.untilMs ?? null) : null,
    champion: measured(champion),
    serving: measured(serving),
    trialsLeft: Math.max(0, trialsPerSession - asked.length - (action.action === "propose" ? 1 : 0)),
    cpuSecondsLeft: Math.max(0, cpuSecondsPerSession - cpuMs / 1_000),
  };
}

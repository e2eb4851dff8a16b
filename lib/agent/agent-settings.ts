import { z } from "zod";
import { DomainError } from "../errors/domain-error.ts";
import { type CommitLog, openCommitLog } from "../storage/commit-log.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { proposerNames } from "../trial/propose/proposers.ts";

const Value = z.union([z.number(), z.string().max(64)]);

/** Values of one parameter that a session may try: a list, or a part of the default ones. */
export const AxisBounds = z.union([
  z.array(Value).min(1).max(100),
  z.strictObject({ min: z.number().optional(), max: z.number().optional() }),
]);

/** What a person may set for one index. */
export const AgentOptions = z.strictObject({
  proposer: z.enum(proposerNames).default("bayesian"),
  bounds: z.record(z.string().max(64), AxisBounds).default({}),
  /** The least p50 is looked for among the configurations that reach it with one standard error to spare. */
  recallTarget: z.number().min(0.5).max(1).default(0.99),
  /** Nothing below it is promoted, whatever it gains. */
  recallFloor: z.number().min(0).max(1).default(0.9),
  /** A new generation costs a build, so it must be faster than what serves by this share. */
  gainMin: z.number().min(0).max(0.9).default(0.05),
  evalSet: z.string().max(63).optional(),
  k: z.int().min(1).max(1_000).default(10),
  trialsPerSession: z.int().min(1).max(1_000).default(20),
  trialsPerHour: z.int().min(1).max(10_000).default(120),
  cooldownSeconds: z.number().min(0).max(86_400).default(0),
  cpuSecondsPerSession: z.number().positive().default(7_200),
  /** Trials in a row that found nothing better by `gainMin`; then the session is done. */
  patience: z.int().min(1).max(1_000).default(8),
  /** While people's searches are slower than this, no trial starts. */
  searchP95MsMax: z.number().positive().default(100),
  /** While more jobs than this wait in the queues that bring data in, no trial starts. */
  waitingJobsMax: z.int().min(0).default(20),
});
export type AgentOptions = z.infer<typeof AgentOptions>;

/** How the agent treats one index: document of the commit log `indexes/<index>/agent/settings/`. */
export const AgentSettings = z.strictObject({
  schemaVersion: z.literal(1),
  /** Counts the requests to tune the index; each begins a session of its own. */
  session: z.int().positive(),
  state: z.enum(["running", "paused", "stopped"]),
  options: AgentOptions,
});
export type AgentSettings = z.infer<typeof AgentSettings>;

export function agentSettingsLog(store: ObjectStore, index: string): CommitLog<AgentSettings> {
  return openCommitLog({ store, prefix: `indexes/${index}/agent/settings/`, schema: AgentSettings });
}

/** Begins a session; options that are not given stay as they were in the session before. */
export async function startSession(
  store: ObjectStore,
  index: string,
  change: Partial<AgentOptions>,
): Promise<AgentSettings> {
  const commit = await agentSettingsLog(store, index).commit((head) => ({
    schemaVersion: 1,
    session: (head?.document.session ?? 0) + 1,
    state: "running",
    options: AgentOptions.parse({ ...head?.document.options, ...change }),
  }));
  if (commit === undefined) throw new Error("a session was not committed");
  return commit.document;
}

/** Pauses, resumes or stops the index's session; `not-found` (`agent-unknown`) where it never had one. */
export async function changeState(
  store: ObjectStore,
  index: string,
  state: AgentSettings["state"],
): Promise<AgentSettings> {
  const log = agentSettingsLog(store, index);
  await log.commit((head) => {
    if (head === undefined) throw agentUnknown(index);
    return head.document.state === state ? undefined : { ...head.document, state };
  });
  return (await log.head())!.document;
}

export function agentUnknown(index: string): DomainError {
  return new DomainError({
    kind: "not-found",
    type: "agent-unknown",
    field: "index",
    message: `The agent was never asked to tune the index ${JSON.stringify(index)}.`,
    remedy: `POST /vectors/agent/enqueue/${index} begins a session.`,
  });
}

const AgentSwitch = z.strictObject({ schemaVersion: z.literal(1), paused: z.boolean() });

function switchLog(store: ObjectStore): CommitLog<z.infer<typeof AgentSwitch>> {
  return openCommitLog({ store, prefix: "agent/switch/", schema: AgentSwitch });
}

/** Pauses or resumes the agent for every index at once; what each index's own state says stays. */
export async function pauseAgent(store: ObjectStore, paused: boolean): Promise<void> {
  await switchLog(store).commit((head) =>
    (head?.document.paused ?? false) === paused ? undefined : { schemaVersion: 1, paused },
  );
}

export async function isAgentPaused(store: ObjectStore): Promise<boolean> {
  return (await switchLog(store).head())?.document.paused ?? false;
}

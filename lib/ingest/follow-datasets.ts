import { refreshQueue } from "@lakefleet/queues/refresh.queue.ts";
import { catalogPrefix } from "../dataset/dataset-keys.ts";
import { datasetLog } from "../dataset/dataset-log.ts";
import type { DatasetVersion } from "../dataset/dataset-version.ts";
import { flowStep } from "../jobs/flow-step.ts";
import { readIndexWork } from "../jobs/index-work.ts";
import { intentIdAt } from "../jobs/intent-id.ts";
import type { Intents } from "../jobs/intents.ts";
import type { StartFlow } from "../jobs/start-flow.ts";
import { lastTick } from "../refresh/cron.ts";
import { isDue, tryNumber } from "../refresh/decide-refresh.ts";
import { decideTick } from "../refresh/decide-tick.ts";
import { findBehind, type IndexLag } from "../refresh/find-behind.ts";
import { readFired, writeFired } from "../refresh/fired-ticks.ts";
import {
  defaultPolicy,
  type PolicyDocument,
  type RefreshPolicy,
  refreshPolicyLog,
} from "../refresh/refresh-policy.ts";
import type { CommitLog } from "../storage/commit-log.ts";
import type { Commit } from "../storage/commit-record.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { indexSteps } from "./steps.ts";

export interface FollowingOptions {
  store: ObjectStore;
  startFlow: StartFlow;
  intents: Pick<Intents, "newest" | "open" | "read" | "refresh">;
  telemetry: Telemetry;
  now?: () => number;
  /** Milliseconds of a clock that only goes forward. */
  elapsed?: () => number;
}

/**
 * Lets every index follow its dataset by the dataset's policy. Nothing is told to it: each round compares what is
 * committed with what serves, so a write is never missed, not by a restart either. What a round starts is named by
 * what it is for, so any number of processes may run rounds and nothing is begun twice.
 */
export function createFollowing(options: FollowingOptions): { round(): Promise<void> } {
  const followed = new Map<string, Followed>();
  return {
    async round() {
      for await (const { key } of options.store.list(catalogPrefix)) {
        const name = key.slice(catalogPrefix.length);
        const state = followed.get(name) ?? newFollowed(options.store, name);
        followed.set(name, state);
        try {
          await followOne(options, name, state);
        } catch (error) {
          // A damaged dataset, or a full queue, must not keep the others waiting.
          options.telemetry.log.warn(
            { error, dataset: name },
            "A dataset's indexes could not follow it yet.",
          );
        }
      }
    },
  };
}

interface Followed {
  versions: CommitLog<DatasetVersion>;
  policies: CommitLog<PolicyDocument>;
  seen: { version: number; policy: number; at: number } | undefined;
  /** When the first version was seen that some index does not have yet. */
  waitingSince: number | undefined;
  /** Until the version or the policy moves, or this time has come, there is nothing to look for. */
  quietUntil: number;
}

function newFollowed(store: ObjectStore, name: string): Followed {
  return {
    versions: datasetLog(store, name),
    policies: refreshPolicyLog(store, name),
    seen: undefined,
    waitingSince: undefined,
    quietUntil: 0,
  };
}

async function followOne(options: FollowingOptions, name: string, state: Followed): Promise<void> {
  const version = await state.versions.head();
  if (version === undefined) return;
  const policy = await state.policies.head();
  const elapsed = options.elapsed ?? (() => performance.now());
  const isNew = state.seen?.version !== version.number || state.seen.policy !== (policy?.number ?? 0);
  if (isNew) {
    state.seen = { version: version.number, policy: policy?.number ?? 0, at: elapsed() };
    state.quietUntil = 0;
  }
  const wanted = policy?.document.policy ?? defaultPolicy;
  if (wanted.kind === "manual") return;
  if (wanted.kind === "cron") {
    const set = { number: policy?.number ?? 0, at: Date.parse(policy?.at ?? version.at) };
    return followSchedule(options, { name, wanted, set });
  }
  if (elapsed() < state.quietUntil) return;
  await followWrites(options, { name, state, wanted, version, elapsed });
}

/** How long a dataset that is followed is left alone: a failed request is begun again once an hour. */
const quietMs = 60_000;

async function followWrites(
  options: FollowingOptions,
  facts: {
    name: string;
    state: Followed;
    wanted: Extract<RefreshPolicy, { kind: "on-append" }>;
    version: Commit<DatasetVersion>;
    elapsed: () => number;
  },
): Promise<void> {
  const { name, state, wanted, version, elapsed } = facts;
  const { behind } = await findBehind(options.store, name);
  const lagging = behind.filter(({ cause, takenBack }) => cause !== "failed" && !takenBack);
  if (lagging.length === 0) {
    state.waitingSince = undefined;
    state.quietUntil = elapsed() + quietMs;
    return;
  }
  state.waitingSince ??= elapsed();
  const versionAgeMs = elapsed() - (state.seen?.at ?? 0);
  if (!isDue({ policy: wanted, versionAgeMs, waitingMs: elapsed() - state.waitingSince })) return;
  const work = await readIndexWork(options.intents);
  // What is under way may bring an index level; the next round looks again.
  const idle = lagging.filter(({ index }) => work.get(index)?.open === undefined);
  let started = 0;
  for (const lag of idle) started += (await startFollowingIndex(options, lag, version)) ? 1 : 0;
  if (started === 0 && idle.length === lagging.length) state.quietUntil = elapsed() + quietMs;
}

/** False where this was tried before, or somebody has called off what would have brought the index level. */
async function startFollowingIndex(
  { startFlow, intents, now = Date.now }: FollowingOptions,
  { index, cause, servedVersion }: IndexLag,
  { number, at }: Commit<DatasetVersion>,
): Promise<boolean> {
  if (wasCancelled(intents, index, at)) return false;
  const committedAt = Date.parse(at);
  // Anybody would choose this id for the same reason, so nobody begins twice.
  const reason = ["follow", index, number, cause, servedVersion, tryNumber(committedAt, now())];
  const intent = intentIdAt(committedAt, JSON.stringify(reason));
  if (intents.read(intent) !== undefined) return false;
  await startFlow({ steps: indexSteps(intent, index), actor: "refresh" });
  return true;
}

/** Requests looked back at; so many others make a cancelled one old. */
const lookedAtMax = 500;

function wasCancelled(intents: FollowingOptions["intents"], index: string, since: string): boolean {
  const newest = intents.newest(lookedAtMax).find(({ accepted }) => {
    const last = accepted.jobs.at(-1)?.payload;
    return last?.["index"] === index && last["step"] === "promote";
  });
  return newest?.ended?.state === "cancelled" && newest.ended.at > since;
}

async function followSchedule(
  { store, startFlow, now = Date.now }: FollowingOptions,
  facts: {
    name: string;
    wanted: Extract<RefreshPolicy, { kind: "cron" }>;
    /** The commit of the policy. */
    set: { number: number; at: number };
  },
): Promise<void> {
  const { name, wanted, set } = facts;
  const fired = await readFired(store, name);
  const handled = fired?.policy === set.number ? fired.tick : set.at;
  const decision = decideTick({ tick: lastTick(wanted, now()), handled, now: now() });
  if (decision.kind === "wait") return;
  if (decision.kind === "fire") {
    const intent = intentIdAt(decision.tick, `policy/${name}`);
    await startFlow({
      steps: [flowStep(refreshQueue, { intent, dataset: name, scheduled: true })],
      actor: "schedule",
    });
  }
  await writeFired(store, name, { policy: set.number, tick: decision.tick });
}

import { setTimeout as pause } from "node:timers/promises";
import { activeLog } from "../generation/active-log.ts";
import type { CommitLog } from "../storage/commit-log.ts";
import { type AgentSettings, agentSettingsLog } from "./agent-settings.ts";
import { type AgentWorld, stepIndex } from "./step-index.ts";

/** A look costs a few existence checks, so the agent notices a finished trial or a new activation within a second. */
const lookEveryMs = 1_000;
/** A session that has finished is looked at again when something changes, and at the latest after this. */
const reviewEveryMs = 60_000;

interface Watched {
  settings: CommitLog<AgentSettings>;
  active: ReturnType<typeof activeLog>;
  /** What stood when the session had nothing more to do, and when to look again anyhow. */
  quiet: { mark: string; untilMs: number } | undefined;
}

/**
 * Tunes every index that has a session, until the signal aborts. An index that cannot be looked at keeps none of the
 * others waiting; it is tried again at the next look.
 */
export async function runAgent(world: AgentWorld, signal: AbortSignal): Promise<void> {
  const watched = new Map<string, Watched>();
  while (!signal.aborted) {
    for (const index of await world.store.listFolders("indexes/")) {
      const entry = watched.get(index) ?? watch(world, index);
      watched.set(index, entry);
      try {
        await look(world, index, entry, signal);
      } catch (error) {
        if (!signal.aborted)
          world.telemetry.log.warn({ index, error }, "the agent could not look at an index");
      }
      if (signal.aborted) return;
    }
    await pause(lookEveryMs, undefined, { signal }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }
}

function watch({ store }: AgentWorld, index: string): Watched {
  return { settings: agentSettingsLog(store, index), active: activeLog(store, index), quiet: undefined };
}

async function look(world: AgentWorld, index: string, entry: Watched, signal: AbortSignal): Promise<void> {
  const settings = await entry.settings.head();
  if (settings === undefined) return;
  const mark = `${settings.number} ${(await entry.active.head())?.number}`;
  if (entry.quiet?.mark === mark && world.nowMs() < entry.quiet.untilMs) return;
  const action = await stepIndex(world, index, signal);
  const isQuiet = action === undefined || action.action === "finish" || settings.document.state === "stopped";
  entry.quiet = isQuiet ? { mark, untilMs: world.nowMs() + reviewEveryMs } : undefined;
}

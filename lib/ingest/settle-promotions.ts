import { indexQueue, type Promotion } from "@lakefleet/queues/index.queue.ts";
import type { EndedRecord } from "../jobs/intent-record.ts";
import type { Intent } from "../jobs/intent-state.ts";
import { endedRetention, type Intents } from "../jobs/intents.ts";
import { startRounds } from "../jobs/start-rounds.ts";
import type { LocalStore } from "../storage/local-store.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { appendToJournal, readJournal } from "../trial/trial-journal.ts";
import type { JournalRecord, PromotionRecord } from "../trial/trial-record.ts";
import { startedRecord } from "./promote-trial.ts";

export interface SettlingOptions {
  store: LocalStore;
  intents: Pick<Intents, "newest" | "read">;
  telemetry: Telemetry;
}

/** Far more than are accepted between two rounds. */
const newestLookedAt = 1_000;

/**
 * Writes into the trial journals how promotions began and ended, from the intent log, which knows it for certain: a
 * process may be killed anywhere and nothing is missing or twice. The first round looks at all that the log has, later
 * ones at what is new or was open. Any number of processes may do it.
 */
export function createPromotionSettling(options: SettlingOptions): { round(): Promise<void> } {
  const { intents } = options;
  const done = new Set<string>();
  const open = new Set<string>();
  let limit = endedRetention.count;
  return {
    async round() {
      const opened = [...open].map((id) => intents.read(id)).filter((intent) => intent !== undefined);
      for (const intent of [...opened, ...intents.newest(limit)]) {
        const found = promotionOf(intent);
        const run = `${intent.accepted.intent}.${intent.round}`;
        if (found === undefined || done.has(run)) continue;
        await settle(options, intent, found);
        if (intent.ended === undefined) open.add(intent.accepted.intent);
        else {
          open.delete(intent.accepted.intent);
          done.add(run);
        }
      }
      limit = newestLookedAt;
    },
  };
}

/** Runs rounds every `everyMs` until stopped; `stop` waits for the one that runs. */
export function startSettling(options: SettlingOptions & { everyMs: number }): { stop(): Promise<void> } {
  const { round } = createPromotionSettling(options);
  const onError = (error: unknown) =>
    options.telemetry.log.warn({ error }, "Promotions could not be settled; the next round tries again.");
  return startRounds({ round, onError, everyMs: options.everyMs });
}

interface FoundPromotion {
  index: string;
  promotion: Promotion;
}

function promotionOf({ accepted }: Intent): FoundPromotion | undefined {
  const root = accepted.jobs.at(-1);
  if (root?.queue !== indexQueue.name || root.payload["promotion"] === undefined) return undefined;
  const payload = indexQueue.payload.safeParse(root.payload).data;
  return payload?.promotion && { index: payload.index, promotion: payload.promotion };
}

async function settle(
  { store, telemetry }: SettlingOptions,
  { accepted, ended }: Intent,
  { index, promotion }: FoundPromotion,
): Promise<void> {
  const started = startedRecord(index, accepted.intent, promotion, accepted.at);
  const records = ended === undefined ? [started] : [started, endedPromotion(started, ended)];
  const journal = await readJournal({ store, index, telemetry });
  for (const record of records) {
    if (!journal.some((known) => isSame(known, record))) await appendToJournal({ store, index }, record);
  }
}

function isSame(known: JournalRecord, record: PromotionRecord): boolean {
  return known.kind === "promotion" && known.intent === record.intent && known.outcome === record.outcome;
}

function endedPromotion(
  started: PromotionRecord,
  { at, state, result, error }: EndedRecord,
): PromotionRecord {
  const served = indexQueue.result.safeParse(result).data;
  if (state === "completed" && served !== undefined) {
    return { ...started, at, outcome: "promoted", generation: served.generation };
  }
  const why = error === undefined ? `The flow was ${state}.` : `${error.type}: ${error.detail}`;
  return { ...started, at, outcome: "blocked", why: why.slice(0, 2_000) };
}

import { randomUUID } from "node:crypto";
import type { Redis } from "ioredis";
import { DomainError } from "../errors/domain-error.ts";
import { failpoint } from "../storage/failpoint.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import type { GuardClock } from "./guard-clock.ts";
import { usdFrom } from "./money.ts";
import { openSpendBooks, reservationMarginMs, type SpendBooks } from "./spend-books.ts";
import { openSpendLog, type SpendLog } from "./spend-log.ts";

/** Money set aside for one call. Never settled, it counts as spent. */
export interface Reservation {
  /** With what the call cost; nothing where it was never made or is not billed. */
  settle(nanoUsd: number): Promise<void>;
}

export interface SpendAccount {
  /**
   * Sets money aside, durably and under the cap of the day; `busy`, `spend-cap`, where the day has not that much left.
   * Waits where it only depends on what calls under way turn out to cost.
   */
  reserve(wanted: { nanoUsd: number; model: string; signal: AbortSignal | undefined }): Promise<Reservation>;
  close(): Promise<void>;
}

export interface SpendAccountOptions {
  redis: Redis;
  provider: string;
  /** Holds the logs of all providers. */
  folder: string;
  /** For a UTC day; without a limit what is spent is only recorded. */
  capNanoUsd: number | undefined;
  /** How long a call may take. */
  timeoutMs: number;
  clock: GuardClock;
  telemetry: Telemetry;
}

/** Most calls under way end within this time; of a process that is gone nothing more will come. */
const pendingMaxMs = 2_000;
const pendingAskMs = 50;
/** The cap may be raised before the day is over, so nobody waits for midnight. */
const retryAfterMaxSeconds = 900;

/**
 * First the log, then Redis, then the call: whoever fills the books of a Redis that has lost them finds every call that
 * may have been made, whatever died in between.
 */
export function openSpendAccount(options: SpendAccountOptions): SpendAccount {
  const account = { ...options, books: openSpendBooks(options), log: openSpendLog(options) };
  let day: number | undefined;
  return {
    async reserve({ nanoUsd, model, signal }) {
      for (;;) {
        day ??= await account.books.today();
        const entry = { id: randomUUID(), day, model, nanoUsd };
        const answer = await tryReserve(account, entry, signal);
        if (answer.verdict === "reserved") return { settle: (actual) => settle(account, entry, actual) };
        if (answer.verdict === "cap") throw capReached(options, answer.figure);
        day = answer.figure;
      }
    },
    close: () => account.log.close(),
  };
}

interface Account extends SpendAccountOptions {
  books: SpendBooks;
  log: SpendLog;
}

interface Entry {
  id: string;
  day: number;
  model: string;
  nanoUsd: number;
}

/** What is not admitted is no call, and the log says so. */
async function tryReserve(account: Account, entry: Entry, signal: AbortSignal | undefined) {
  const { id, day, model, nanoUsd } = entry;
  await account.log.append(day, { kind: "reserved", id, model, nanoUsd });
  failpoint("spend.after-log");
  let admitted = false;
  try {
    const answer = await admit(account, entry, signal);
    admitted = answer.verdict === "reserved";
    return answer;
  } finally {
    if (!admitted) await account.log.append(day, { kind: "settled", id, nanoUsd: 0 });
  }
}

async function admit({ books, clock, ...account }: Account, entry: Entry, signal: AbortSignal | undefined) {
  const { id, day, nanoUsd } = entry;
  const giveUpAt = clock.elapsedMs() + pendingMaxMs;
  const details = [day, id, nanoUsd, account.capNanoUsd ?? -1, account.timeoutMs + reservationMarginMs];
  for (;;) {
    const { verdict, figure } = await books.scripts.reserve(books.keys(day), details);
    if (verdict === "unseeded") await books.seed(day);
    else if (verdict !== "pending") return { verdict, figure };
    else if (clock.elapsedMs() > giveUpAt) return { verdict: "cap" as const, figure: pendingMaxMs };
    else await clock.sleep(pendingAskMs, signal);
  }
}

async function settle({ books, log, ...account }: Account, entry: Entry, nanoUsd: number): Promise<void> {
  const { provider, telemetry } = account;
  const { id, day, model } = entry;
  const overrun = nanoUsd > entry.nanoUsd;
  telemetry.emit("spend.settled", { provider, model, usd: usdFrom(nanoUsd), overrun });
  try {
    await log.append(day, { kind: "settled", id, nanoUsd });
    failpoint("spend.after-settle");
    const settleInRedis = () => books.scripts.settle(books.keys(day), [id, nanoUsd, model]);
    if ((await settleInRedis()) !== "unseeded") return;
    await books.seed(day);
    await settleInRedis();
  } catch (error) {
    // The call is over and its result stands; what is not settled counts in full.
    telemetry.emit("provider.settle-failed", { provider, reason: String(error) });
  }
}

function capReached({ provider, capNanoUsd = 0 }: SpendAccountOptions, waitMs: number): DomainError {
  return new DomainError({
    kind: "busy",
    type: "spend-cap",
    message: `The day's cap of ${usdFrom(capNanoUsd)} USD for the provider ${provider} leaves too little for this call.`,
    field: "dailyCapUsd",
    remedy: "Wait for the next UTC day, or raise the provider's dailyCapUsd.",
    retryAfterSeconds: Math.min(Math.ceil(waitMs / 1_000), retryAfterMaxSeconds),
  });
}

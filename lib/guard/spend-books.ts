import { randomUUID } from "node:crypto";
import type { Redis } from "ioredis";
import { DomainError } from "../errors/domain-error.ts";
import { dayMs } from "../storage/daily-log.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import type { GuardClock } from "./guard-clock.ts";
import { readSpendDay } from "./spend-log.ts";
import { reservedIn, type SpendDay } from "./spend-record.ts";
import { openSpendScripts, type SpendScripts } from "./spend-scripts.ts";

export interface SpendBooks {
  scripts: SpendScripts;
  /** The keys of one day that every script of the books takes. */
  keys(day: number): [string, string];
  /** Fills the day's books from its log, unless somebody else has. */
  seed(day: number): Promise<void>;
  /** The day it is by the clock of Redis. */
  today(): Promise<number>;
  /** The day as it stands, by Redis or, where Redis has no books of it, by the log. */
  read(day: number): Promise<Omit<SpendDay, "open"> & { reserved: number }>;
}

/** A reservation that is not settled within its call's time and this much more belongs to a process that is gone. */
export const reservationMarginMs = 120_000;
/** Each defeat means that Redis was flushed or restarted while the log was read. */
const seedTriesMax = 20;

/** One provider's spend in Redis, which can be flushed at any moment, over its log, which is the truth. */
export function openSpendBooks(options: {
  redis: Redis;
  provider: string;
  folder: string;
  clock: GuardClock;
  telemetry: Telemetry;
}): SpendBooks {
  const { redis, provider, clock } = options;
  const scripts = openSpendScripts(redis, clock);
  const prefix = `lakefleet:spend:${provider}`;
  const keys = (day: number): [string, string] => [`${prefix}:${day}`, `${prefix}:${day}:open`];

  return {
    scripts,
    keys,
    async seed(day) {
      for (let tried = 1; tried <= seedTriesMax; tried += 1) {
        const seedKeys = [...keys(day), `${prefix}:${day}:seeding:${randomUUID()}`];
        await scripts.beginSeed(seedKeys, []);
        const figures = await readSpendDay({ ...options, day });
        const models = JSON.stringify([...figures.byModel]);
        const open = JSON.stringify([...figures.open].map(([id, { nanoUsd }]) => [id, nanoUsd]));
        const details = [figures.spent, models, open, reservationMarginMs];
        if ((await scripts.seed(seedKeys, details)) === "seeded") return;
      }
      throw new DomainError({
        kind: "unavailable",
        type: "spend-unseeded",
        message: `Redis lost the spend of ${provider} ${seedTriesMax} times while it was read from the log.`,
        retryAfterSeconds: 5,
      });
    },
    async today() {
      return Math.floor((await scripts.now([], [])) / dayMs);
    },
    async read(day) {
      const stored = await scripts.read(keys(day), []);
      if (stored[0] !== "unseeded") return figuresFrom(stored);
      const figures = await readSpendDay({ ...options, day });
      return { ...figures, reserved: reservedIn(figures) };
    },
  };
}

function figuresFrom(stored: readonly string[]) {
  const figures = { spent: 0, reserved: 0, byModel: new Map<string, number>() };
  for (let position = 0; position < stored.length; position += 2) {
    const [name = "", value] = [stored[position], Number(stored[position + 1])];
    if (name === "spent" || name === "reserved") figures[name] = value;
    if (name.startsWith("model:")) figures.byModel.set(name.slice("model:".length), value);
  }
  return figures;
}

import type { Redis } from "ioredis";
import { DomainError } from "../errors/domain-error.ts";
import { dayMs, dayName } from "../storage/daily-log.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { systemClock } from "./guard-clock.ts";
import { usdFrom } from "./money.ts";
import { openSpendBooks, type SpendBooks } from "./spend-books.ts";
import { readSpendDay } from "./spend-log.ts";
import { reservedIn } from "./spend-record.ts";

/** What one provider was paid in one UTC day, in dollars. */
export interface ProviderSpend {
  provider: string;
  /** `2026-01-31` */
  day: string;
  spent: number;
  /** Set aside for calls under way, or for calls whose end nobody knows. */
  reserved: number;
  cap: number | undefined;
  remaining: number | undefined;
  byModel: { model: string; spent: number }[];
}

/** Today's spend of each provider; from the logs where Redis does not answer. */
export async function readSpend(options: {
  redis: Redis;
  folder: string;
  providers: readonly { name: string; dailyCapUsd?: number | undefined }[];
  telemetry: Telemetry;
}): Promise<ProviderSpend[]> {
  const { redis, folder, telemetry } = options;
  return await Promise.all(
    options.providers.map(async ({ name, dailyCapUsd }) => {
      const books = openSpendBooks({ redis, provider: name, folder, clock: systemClock, telemetry });
      const { day, spent, reserved, byModel } = await readToday(books, { folder, provider: name, telemetry });
      return {
        provider: name,
        day: dayName(day),
        spent: usdFrom(spent),
        reserved: usdFrom(reserved),
        cap: dailyCapUsd,
        remaining:
          dailyCapUsd === undefined ? undefined : Math.max(0, dailyCapUsd - usdFrom(spent + reserved)),
        byModel: [...byModel].map(([model, nanoUsd]) => ({ model, spent: usdFrom(nanoUsd) })),
      };
    }),
  );
}

async function readToday(
  books: SpendBooks,
  log: { folder: string; provider: string; telemetry: Telemetry },
): Promise<{ day: number; spent: number; reserved: number; byModel: Map<string, number> }> {
  try {
    const day = await books.today();
    return { day, ...(await books.read(day)) };
  } catch (error) {
    if (!(error instanceof DomainError) || error.type !== "redis-down") throw error;
    const day = Math.floor(Date.now() / dayMs);
    const figures = await readSpendDay({ ...log, day });
    return { day, ...figures, reserved: reservedIn(figures) };
  }
}

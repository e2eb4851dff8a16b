import { DomainError } from "@lakefleet/lib/errors/domain-error.ts";
import { openProviderGuard } from "@lakefleet/lib/guard/open-provider-guard.ts";
import { silentTelemetry } from "@lakefleet/lib/telemetry/telemetry.ts";
import { Redis } from "ioredis";
import type { GuardRacer } from "./guard-race.ts";
import { sendToProvider } from "./send-to-provider.ts";

// One of several processes that spend one day's money at one provider; ends when the cap is reached.
const racer: GuardRacer = JSON.parse(process.argv[2] ?? "");
const realNow = Date.now;
Date.now = () => realNow() + racer.clockSkewMs;

const redis = new Redis({
  path: racer.socketPath,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 1,
  lazyConnect: true,
});
await redis.connect();
const guard = openProviderGuard({
  redis,
  provider: "acme",
  limits: racer.limits,
  dailyCapUsd: racer.capUsd,
  spendFolder: racer.spendFolder,
  telemetry: silentTelemetry(),
});

async function spend(): Promise<void> {
  for (;;) {
    const costNanoUsd = Math.ceil(racer.callNanoUsd * (0.2 + 0.8 * Math.random()));
    const call = { requests: 1 as const, tokens: 1, costUsdMax: costNanoUsd / 1e9, model: racer.name };
    const request = { tokens: 1, costNanoUsd, billedShare: racer.billedShare, from: process.pid };
    try {
      await guard.call(call, (signal) => sendToProvider(racer.url, request, signal));
    } catch (error) {
      if (error instanceof DomainError && error.type === "spend-cap") return;
      throw error;
    }
  }
}

await Promise.all(Array.from({ length: racer.callsAtOnce }, spend));
await guard.close();
redis.disconnect();

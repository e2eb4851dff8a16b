import { dataLayout } from "@lakefleet/config/layout.ts";
import type { Configuration } from "@lakefleet/config/schema.ts";
import type { Redis } from "ioredis";
import { openGuardConnection } from "../guard/guard-connection.ts";
import { openProviderGuard, type ProviderGuard } from "../guard/open-provider-guard.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import type { EmbeddersOptions } from "./open-embedders.ts";
import { openLocalGuard } from "./providers/local-guard.ts";

/** A client waits in front of it, and is told when to come back. */
const queryPatienceMs = 3_000;

type OpenGuard = EmbeddersOptions["openGuard"];

interface Surroundings {
  configuration: Configuration;
  telemetry: Telemetry;
}

export interface ProviderGuards {
  /** The one guard of a provider, for all its models. Whoever asked for it need not close it. */
  open: OpenGuard;
  close(): Promise<void>;
}

/**
 * The guards of the read plane, which answers while Redis is down: a provider with neither a price nor limits per minute
 * is asked under a guard of this process alone, and only another one needs a connection.
 */
export function openQueryGuards({ configuration, telemetry }: Surroundings): ProviderGuards {
  const guards = new Map<string, ProviderGuard>();
  let redis: Redis | undefined;
  const openGuard: OpenGuard = (provider, settings) => {
    const { limits, price, dailyCapUsd } = settings;
    const bounds = [price, dailyCapUsd, limits.requestsPerMinute, limits.tokensPerMinute];
    if (bounds.every((bound) => bound === undefined)) return openLocalGuard(limits);
    redis ??= openGuardConnection(configuration, telemetry);
    return sharedGuards({ configuration, redis, telemetry })(provider, settings);
  };
  return {
    open(provider, settings) {
      const guard = guards.get(provider) ?? openGuard(provider, settings);
      guards.set(provider, guard);
      return {
        call: (call, send) => guard.call({ patienceMs: queryPatienceMs, ...call }, send),
        close: async () => undefined,
      };
    },
    async close() {
      await Promise.all([...guards.values()].map((guard) => guard.close()));
      redis?.disconnect();
    },
  };
}

/** Guards that all processes share through Redis. */
export function sharedGuards({
  configuration,
  redis,
  telemetry,
}: Surroundings & { redis: Redis }): OpenGuard {
  const spendFolder = dataLayout(configuration.dataFolder).spend;
  return (provider, { limits, price, dailyCapUsd, url }) => {
    const host = url === undefined ? undefined : new URL(url).host;
    return openProviderGuard({ redis, provider, host, limits, price, dailyCapUsd, spendFolder, telemetry });
  };
}

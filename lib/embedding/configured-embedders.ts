import { dataLayout } from "@lakefleet/config/layout.ts";
import type { Configuration } from "@lakefleet/config/schema.ts";
import type { Redis } from "ioredis";
import { openGuardConnection } from "../guard/guard-connection.ts";
import { openProviderGuard } from "../guard/open-provider-guard.ts";
import { openSecrets } from "../storage/secrets.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { type Embedders, type EmbeddersOptions, openEmbedders } from "./open-embedders.ts";
import { openLocalGuard } from "./providers/local-guard.ts";

interface Surroundings {
  configuration: Configuration;
  telemetry: Telemetry;
}

/** The embedders of a process that works with Redis: all processes together keep to their providers' limits. */
export function configuredEmbedders(surroundings: Surroundings & { redis: Redis }): Embedders {
  return openEmbedders({ ...settingsOf(surroundings), openGuard: sharedGuards(surroundings) });
}

/**
 * The same for the read plane, which answers while Redis is down: a provider with neither a price nor limits per minute
 * is asked under a guard of this process alone, and only another one needs a connection.
 */
export function queryEmbedders({ configuration, telemetry }: Surroundings): Embedders {
  let redis: Redis | undefined;
  const embedders = openEmbedders({
    ...settingsOf({ configuration, telemetry }),
    openGuard(provider, settings) {
      const { limits, price, dailyCapUsd } = settings;
      const bounds = [price, dailyCapUsd, limits.requestsPerMinute, limits.tokensPerMinute];
      if (bounds.every((bound) => bound === undefined)) return openLocalGuard(limits);
      redis ??= openGuardConnection(configuration, telemetry);
      return sharedGuards({ configuration, redis, telemetry })(provider, settings);
    },
  });
  return {
    ...embedders,
    async close() {
      await embedders.close();
      redis?.disconnect();
    },
  };
}

function settingsOf({ configuration }: Surroundings): Pick<EmbeddersOptions, "models" | "readSecret"> {
  const folder = dataLayout(configuration.dataFolder).secrets;
  const secrets = openSecrets({ folder, environment: configuration.secrets });
  return { models: configuration.models, readSecret: (name) => secrets.read(name) };
}

function sharedGuards({
  configuration,
  redis,
  telemetry,
}: Surroundings & { redis: Redis }): EmbeddersOptions["openGuard"] {
  const spendFolder = dataLayout(configuration.dataFolder).spend;
  return (provider, { limits, price, dailyCapUsd, url }) => {
    const host = url === undefined ? undefined : new URL(url).host;
    return openProviderGuard({ redis, provider, host, limits, price, dailyCapUsd, spendFolder, telemetry });
  };
}

import { redisSocket } from "@lakefleet/config/layout.ts";
import type { Configuration } from "@lakefleet/config/schema.ts";
import type { RedisAddress } from "./connection.ts";

/** The shared Redis where one is configured, else the private one of the data folder. */
export function redisAddress(configuration: Configuration): RedisAddress {
  return configuration.redisUrl === undefined
    ? { socketPath: redisSocket(configuration.dataFolder) }
    : { url: configuration.redisUrl };
}

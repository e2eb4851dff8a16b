import type { Configuration } from "@lakefleet/config/schema.ts";
import type { Redis } from "ioredis";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { modelAccess } from "./model-access.ts";
import { type Embedders, openEmbedders } from "./open-embedders.ts";
import { sharedGuards } from "./provider-guards.ts";

/** The embedders of a process that works with Redis: all processes together keep to their providers' limits. */
export function configuredEmbedders(surroundings: {
  configuration: Configuration;
  telemetry: Telemetry;
  redis: Redis;
}): Embedders {
  return openEmbedders({
    ...modelAccess(surroundings.configuration),
    openGuard: sharedGuards(surroundings),
  });
}

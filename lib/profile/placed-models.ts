import type { Configuration } from "@lakefleet/config/schema.ts";
import type { Redis } from "ioredis";
import { modelAccess } from "../embedding/model-access.ts";
import { type Embedders, openEmbedders } from "../embedding/open-embedders.ts";
import { openQueryGuards, type ProviderGuards, sharedGuards } from "../embedding/provider-guards.ts";
import { openGuardConnection } from "../guard/guard-connection.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { openGpuSlots } from "./open-gpu-slots.ts";
import { placeCalls } from "./place-calls.ts";

interface Surroundings {
  configuration: Configuration;
  telemetry: Telemetry;
}

/** The embedders of a process that asks for a few vectors at a time and holds no place on the graphics card itself. */
export function placedEmbedders(surroundings: Surroundings & { redis: Redis }): Embedders {
  const { configuration, redis, telemetry } = surroundings;
  const { models, gpuSlots: slotCount } = configuration;
  const openSlots = () => openGpuSlots({ redis, slotCount, telemetry });
  const openGuard = placeCalls({ models, openGuard: sharedGuards(surroundings), openSlots });
  return openEmbedders({ ...modelAccess(configuration), openGuard });
}

/** The guards of the read plane, which opens a connection for places with the first call that needs one. */
export function placedQueryGuards({ configuration, telemetry }: Surroundings): ProviderGuards {
  const { models, gpuSlots: slotCount } = configuration;
  const guards = openQueryGuards({ configuration, telemetry });
  let redis: Redis | undefined;
  const openSlots = () => {
    redis = openGuardConnection(configuration, telemetry);
    return openGpuSlots({ redis, slotCount, telemetry });
  };
  return {
    open: placeCalls({ models, openGuard: guards.open, openSlots }),
    async close() {
      await guards.close();
      redis?.disconnect();
    },
  };
}

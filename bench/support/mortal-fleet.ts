import { rm } from "node:fs/promises";
import path from "node:path";
import { dataLayout } from "@lakefleet/config/layout.ts";
import { openLocalStore } from "@lakefleet/lib/storage/local-store.ts";
import { silentTelemetry } from "@lakefleet/lib/telemetry/telemetry.ts";
import { verifyLake } from "@lakefleet/lib/verification/verify-lake.ts";
import { type StartedFleet, startFleet } from "../../test/support/started-fleet.ts";

/** A fleet over one data folder that is killed whole and started again; what is in the folder stays. */
export interface MortalFleet {
  /** Starts it where it does not run, and gives its address once every pool takes jobs. */
  start(): Promise<string>;
  /** kill -9 of every process, Redis included. */
  kill(): Promise<void>;
  /** Kills it and counts what `verify --deep` finds in what is left. */
  countDamage(): Promise<number>;
  remove(): Promise<void>;
}

export function openMortalFleet(options: {
  dataFolder: string;
  environment: Record<string, string>;
}): MortalFleet {
  let fleet: StartedFleet | undefined;
  const kill = async () => {
    await fleet?.clean();
    fleet = undefined;
  };
  return {
    kill,
    async start() {
      fleet ??= await startFleet({ ...options, through: "launcher" });
      return fleet.ready();
    },
    async countDamage() {
      await kill();
      const layout = dataLayout(options.dataFolder);
      const store = await openLocalStore({ name: "primary", root: layout.bucket });
      const { intents: intentsFolder, locks } = layout;
      const lake = { store, intentsFolder, locks, telemetry: silentTelemetry(), deep: true };
      return (await Array.fromAsync(verifyLake(lake))).length;
    },
    async remove() {
      await kill();
      await rm(path.resolve(options.dataFolder), { recursive: true, force: true });
    },
  };
}

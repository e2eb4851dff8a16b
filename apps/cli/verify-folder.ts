import { dataLayout } from "@lakefleet/config/layout.ts";
import { openLocalStore } from "@lakefleet/lib/storage/local-store.ts";
import { silentTelemetry } from "@lakefleet/lib/telemetry/telemetry.ts";
import { type LakeFinding, verifyLake } from "@lakefleet/lib/verification/verify-lake.ts";

/** Everything that is wrong with a data folder. A module of its own, because every engine is loaded with it. */
export async function verifyFolder(dataFolder: string, deep: boolean): Promise<LakeFinding[]> {
  const layout = dataLayout(dataFolder);
  const store = await openLocalStore({ name: "primary", root: layout.bucket });
  const { intents: intentsFolder, locks } = layout;
  return Array.fromAsync(verifyLake({ store, intentsFolder, locks, telemetry: silentTelemetry(), deep }));
}

import { dataLayout } from "@lakefleet/config/layout.ts";
import type { Configuration } from "@lakefleet/config/schema.ts";
import { rememberVerifiedFiles, type VerifiedFiles } from "@lakefleet/lib/generation/verified-files.ts";
import { createSearchService } from "@lakefleet/lib/search/search-index.ts";
import { reportSearchLoad } from "@lakefleet/lib/search/search-load.ts";
import { openLocalStore } from "@lakefleet/lib/storage/local-store.ts";
import type { Telemetry } from "@lakefleet/lib/telemetry/telemetry.ts";
import type { ServeDependencies } from "./dependencies.ts";

export async function openServeResources(options: {
  configuration: Configuration;
  telemetry: Telemetry;
  verified?: VerifiedFiles;
}): Promise<ServeDependencies & { close(): Promise<void> }> {
  const { configuration, telemetry, verified = rememberVerifiedFiles() } = options;
  const layout = dataLayout(configuration.dataFolder);
  const store = await openLocalStore({ name: "primary", root: layout.bucket });
  const load = reportSearchLoad({ folder: layout.load, telemetry });
  const search = createSearchService({ store, telemetry: load.telemetry, verified });
  return {
    store,
    search,
    telemetry,
    async close() {
      await search.close();
      await load.close();
    },
  };
}

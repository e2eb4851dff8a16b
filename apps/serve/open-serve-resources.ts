import { dataLayout } from "@lakefleet/config/layout.ts";
import type { Configuration } from "@lakefleet/config/schema.ts";
import { queryEmbedders } from "@lakefleet/lib/embedding/configured-embedders.ts";
import type { OpenProvider } from "@lakefleet/lib/embedding/open-provider.ts";
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
  const embedders = queryEmbedders({ configuration, telemetry });
  const providers: OpenProvider = (embedderId) => embedders.open(embedderId, { threads: 0 });
  const search = createSearchService({ store, telemetry: load.telemetry, verified, providers });
  return {
    store,
    search,
    embedders,
    telemetry,
    async close() {
      await search.close();
      await embedders.close();
      await load.close();
    },
  };
}

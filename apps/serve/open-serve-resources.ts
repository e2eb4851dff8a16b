import { dataLayout } from "@lakefleet/config/layout.ts";
import type { Configuration } from "@lakefleet/config/schema.ts";
import { openAnswerModels } from "@lakefleet/lib/answer/open-answer-models.ts";
import { modelAccess } from "@lakefleet/lib/embedding/model-access.ts";
import { openEmbedders } from "@lakefleet/lib/embedding/open-embedders.ts";
import type { OpenProvider } from "@lakefleet/lib/embedding/open-provider.ts";
import { rememberVerifiedFiles, type VerifiedFiles } from "@lakefleet/lib/generation/verified-files.ts";
import { placedQueryGuards } from "@lakefleet/lib/profile/placed-models.ts";
import { openProfileAudit } from "@lakefleet/lib/profile/profile-audit.ts";
import { keepActiveWarm } from "@lakefleet/lib/profile/warm-active.ts";
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
  const guards = placedQueryGuards({ configuration, telemetry });
  const access = { ...modelAccess(configuration), openGuard: guards.open };
  const embedders = openEmbedders(access);
  const providers: OpenProvider = (embedderId) => embedders.open(embedderId, { threads: 0 });
  const search = createSearchService({ store, telemetry: load.telemetry, verified, providers });
  const audit = openProfileAudit(store);
  const warmth = keepActiveWarm({ store, search, telemetry });
  return {
    store,
    search,
    embedders,
    models: openAnswerModels(access),
    audit,
    telemetry,
    async close() {
      await warmth.stop();
      await search.close();
      await audit.close();
      await embedders.close();
      await guards.close();
      await load.close();
    },
  };
}

import type { createSearchService } from "@lakefleet/lib/search/search-index.ts";
import type { LocalStore } from "@lakefleet/lib/storage/local-store.ts";
import type { Telemetry } from "@lakefleet/lib/telemetry/telemetry.ts";

/** What the read plane stands on: a bucket and nothing else that runs. */
export interface ServeDependencies {
  store: LocalStore;
  search: ReturnType<typeof createSearchService>;
  telemetry: Telemetry;
}

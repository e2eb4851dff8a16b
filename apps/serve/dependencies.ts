import type { createSearchService } from "@lakefleet/lib/search/search-index.ts";
import type { ObjectStore } from "@lakefleet/lib/storage/object-store.ts";
import type { Telemetry } from "@lakefleet/lib/telemetry/telemetry.ts";

/** What the read plane stands on: a bucket and nothing else that runs. */
export interface ServeDependencies {
  store: ObjectStore;
  search: ReturnType<typeof createSearchService>;
  telemetry: Telemetry;
}

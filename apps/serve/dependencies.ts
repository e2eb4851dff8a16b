import type { AnswerModels } from "@lakefleet/lib/answer/open-answer-models.ts";
import type { Embedders } from "@lakefleet/lib/embedding/open-embedders.ts";
import type { IndexWork } from "@lakefleet/lib/generation/lifecycle.ts";
import type { ProfileAudit } from "@lakefleet/lib/profile/profile-audit.ts";
import type { createSearchService } from "@lakefleet/lib/search/search-index.ts";
import type { LocalStore } from "@lakefleet/lib/storage/local-store.ts";
import type { Telemetry } from "@lakefleet/lib/telemetry/telemetry.ts";

/** What the read plane stands on: a bucket and nothing else that runs. */
export interface ServeDependencies {
  store: LocalStore;
  search: ReturnType<typeof createSearchService>;
  embedders: Pick<Embedders, "open">;
  /** The generators and rerankers there are. */
  models: AnswerModels;
  /** Where refusals under a profile are written down. */
  audit: ProfileAudit;
  telemetry: Telemetry;
  /** The requests that are open or have failed, by index, where this process can see them. */
  work?: (() => Promise<ReadonlyMap<string, IndexWork>>) | undefined;
}

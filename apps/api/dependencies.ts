import type { Configuration } from "@lakefleet/config/schema.ts";
import type { Embedders } from "@lakefleet/lib/embedding/open-embedders.ts";
import type { VerifiedFiles } from "@lakefleet/lib/generation/verified-files.ts";
import type { PricedProvider } from "@lakefleet/lib/ingest/quote-request.ts";
import type { Jobs } from "@lakefleet/lib/jobs/open-jobs.ts";
import type { ProfileAudit } from "@lakefleet/lib/profile/profile-audit.ts";
import type { LocalStore } from "@lakefleet/lib/storage/local-store.ts";
import type { Secrets } from "@lakefleet/lib/storage/secrets.ts";
import type { MeteredTelemetry } from "@lakefleet/lib/telemetry/metered-telemetry.ts";

/** The configured providers of models. */
export interface ApiModels {
  providers: Record<string, PricedProvider & { kind: string; url?: string | undefined }>;
  embedders: Record<string, { provider: string }>;
}

/** What the control plane stands on; the process that mounts it opens and closes these. */
export interface ApiDependencies {
  configuration: Configuration;
  models: ApiModels;
  store: LocalStore;
  secrets: Secrets;
  /** What this process has verified; the read plane shares it where both run in one process. */
  verified: VerifiedFiles;
  jobs: Jobs;
  embedders: Pick<Embedders, "open">;
  profileAudit: ProfileAudit;
  telemetry: MeteredTelemetry;
}

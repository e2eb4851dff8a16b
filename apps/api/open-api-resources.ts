import { mkdir } from "node:fs/promises";
import { dataLayout } from "@lakefleet/config/layout.ts";
import type { Configuration } from "@lakefleet/config/schema.ts";
import { watchFreshness } from "@lakefleet/lib/catalog/watch-freshness.ts";
import { rememberVerifiedFiles, type VerifiedFiles } from "@lakefleet/lib/generation/verified-files.ts";
import { startTidying } from "@lakefleet/lib/housekeeping/start-tidying.ts";
import { createFollowing } from "@lakefleet/lib/ingest/follow-datasets.ts";
import { resumeMigrations } from "@lakefleet/lib/ingest/resume-migrations.ts";
import { startSettling } from "@lakefleet/lib/ingest/settle-promotions.ts";
import { openJobs } from "@lakefleet/lib/jobs/open-jobs.ts";
import { redisAddress } from "@lakefleet/lib/jobs/redis-address.ts";
import { startRounds } from "@lakefleet/lib/jobs/start-rounds.ts";
import { placedEmbedders } from "@lakefleet/lib/profile/placed-models.ts";
import { openProfileAudit } from "@lakefleet/lib/profile/profile-audit.ts";
import { armFailpoints } from "@lakefleet/lib/storage/failpoint.ts";
import { openLocalStore } from "@lakefleet/lib/storage/local-store.ts";
import { openSecrets } from "@lakefleet/lib/storage/secrets.ts";
import type { MeteredTelemetry } from "@lakefleet/lib/telemetry/metered-telemetry.ts";
import type { ApiDependencies } from "./dependencies.ts";

/** How soon work that Redis has forgotten is back in its queue. */
const reconcileEveryMs = 2_000;
/** How soon a write is noticed that other indexes are to follow; a round costs two lookups for each dataset. */
const followEveryMs = 1_000;
/** Periods count in minutes at the least, so no stale dataset goes unnoticed for longer than that. */
const freshnessEveryMs = 60_000;
/** What a killed process left is taken up by its successor at once, and by another one within this time. */
const resumeEveryMs = 60_000;

export async function openApiResources(options: {
  configuration: Configuration;
  telemetry: MeteredTelemetry;
  verified?: VerifiedFiles;
}): Promise<ApiDependencies & { close(): Promise<void> }> {
  const { configuration, telemetry, verified = rememberVerifiedFiles() } = options;
  armFailpoints(configuration.failpoints);
  const layout = dataLayout(configuration.dataFolder);
  await mkdir(layout.uploads, { recursive: true });
  const store = await openLocalStore({ name: "primary", root: layout.bucket });
  const jobs = await openJobs({
    address: redisAddress(configuration),
    intentsFolder: layout.intents,
    store,
    locks: layout.locks,
    telemetry,
    queueDepthMax: configuration.queueDepthMax,
  });
  const reconciler = jobs.startReconciler({ everyMs: reconcileEveryMs });
  const tidying = startTidying({
    store,
    intents: jobs.intents,
    uploadsFolder: layout.uploads,
    secretsFolder: layout.secrets,
    locks: layout.locks,
    telemetry,
  });
  const settling = startSettling({ store, intents: jobs.intents, telemetry, everyMs: reconcileEveryMs });
  const embedders = placedEmbedders({ configuration, redis: jobs.queues.redis, telemetry });
  const following = startRounds({
    ...createFollowing({ store, startFlow: jobs.startFlow, intents: jobs.intents, telemetry }),
    everyMs: followEveryMs,
    onError: (error) =>
      telemetry.log.warn({ error }, "Datasets could not be followed; the next round tries again."),
  });
  const freshness = startRounds({
    round: async () => void (await watchFreshness({ store, telemetry })),
    everyMs: freshnessEveryMs,
    onError: (error) =>
      telemetry.log.warn({ error }, "Freshness could not be checked; the next round tries again."),
  });
  const resuming = startRounds({
    round: () => resumeMigrations({ store, startFlow: jobs.startFlow, intents: jobs.intents }),
    everyMs: resumeEveryMs,
    onError: (error) =>
      telemetry.log.warn({ error }, "Migrations could not be looked at; the next round tries again."),
  });
  const profileAudit = openProfileAudit(store);
  return {
    configuration,
    models: configuration.models,
    embedders,
    profileAudit,
    store,
    secrets: openSecrets({ folder: layout.secrets, environment: configuration.secrets }),
    verified,
    jobs,
    telemetry,
    async close() {
      await reconciler.stop();
      await tidying.stop();
      await settling.stop();
      await following.stop();
      await freshness.stop();
      await resuming.stop();
      await embedders.close();
      await profileAudit.close();
      await jobs.close();
    },
  };
}

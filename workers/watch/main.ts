import { mkdir } from "node:fs/promises";
import path from "node:path";
import { configurationOrExit } from "@lakefleet/config/configuration-or-exit.ts";
import { dataLayout } from "@lakefleet/config/layout.ts";
import { createWatchKeeping } from "@lakefleet/lib/ingest/watch/keep-watches.ts";
import { openWatch } from "@lakefleet/lib/ingest/watch/open-watch.ts";
import { requestInboxChanges } from "@lakefleet/lib/ingest/watch/request-changes.ts";
import { openSeenFiles } from "@lakefleet/lib/ingest/watch/seen-files.ts";
import { openJobs } from "@lakefleet/lib/jobs/open-jobs.ts";
import { redisAddress } from "@lakefleet/lib/jobs/redis-address.ts";
import { startRounds } from "@lakefleet/lib/jobs/start-rounds.ts";
import { openLocalStore } from "@lakefleet/lib/storage/local-store.ts";
import { createTelemetry } from "@lakefleet/lib/telemetry/telemetry.ts";

/** How soon a watch that was added is open. */
const definitionsEveryMs = 1_000;

const configuration = configurationOrExit();
const layout = dataLayout(configuration.dataFolder);
const telemetry = createTelemetry({ service: "watch", level: configuration.logLevel });
await mkdir(layout.inbox, { recursive: true });
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
const onError = (error: unknown) => telemetry.log.warn({ error }, "inbox file not taken");
const requests = {
  startFlow: jobs.startFlow,
  models: configuration.models,
  uploads: layout.uploads,
  onError,
};
const seen = await openSeenFiles({
  folder: path.join(configuration.dataFolder, "watch"),
  watched: layout.inbox,
  telemetry,
});
const inbox = openWatch({
  folder: layout.inbox,
  recursive: true,
  seen,
  onChanges: (changes) => requestInboxChanges({ ...requests, store }, layout.inbox, changes),
  onError,
});
const keeping = createWatchKeeping({ store, roots: configuration.ingestRoots, requests, telemetry });
const rounds = startRounds({
  round: keeping.round,
  onError: (error) =>
    telemetry.log.warn({ error }, "The watches could not be read; the next round tries again."),
  everyMs: definitionsEveryMs,
});
await new Promise<void>((resolve) => {
  process.once("SIGTERM", resolve);
  process.once("SIGINT", resolve);
});
await rounds.stop();
await keeping.close();
await inbox.close();
await seen.close();
await jobs.close();
process.exit(0);

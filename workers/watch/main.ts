import { mkdir } from "node:fs/promises";
import path from "node:path";
import { configurationOrExit } from "@lakefleet/config/configuration-or-exit.ts";
import { dataLayout } from "@lakefleet/config/layout.ts";
import { watchFolder } from "@lakefleet/lib/ingest/watch-folder.ts";
import { openJobs } from "@lakefleet/lib/jobs/open-jobs.ts";
import { redisAddress } from "@lakefleet/lib/jobs/redis-address.ts";
import { openLocalStore } from "@lakefleet/lib/storage/local-store.ts";
import { createTelemetry } from "@lakefleet/lib/telemetry/telemetry.ts";
import { handleInbox } from "./handle-inbox.ts";
import { openSeenFiles } from "./seen-files.ts";

const configuration = configurationOrExit();
const layout = dataLayout(configuration.dataFolder);
const telemetry = createTelemetry({ service: "watch", level: configuration.logLevel });
await mkdir(layout.inbox, { recursive: true });
const store = await openLocalStore({ name: "primary", root: layout.bucket });
const jobs = await openJobs({
  address: redisAddress(configuration),
  intentsFolder: layout.intents,
  store,
  locks: layout.locks,
  telemetry,
  queueDepthMax: configuration.queueDepthMax,
});
const seen = await openSeenFiles(path.join(configuration.dataFolder, "watch"));
const onError = (error: unknown) => telemetry.log.warn({ error }, "inbox file not taken");
const watching = watchFolder({
  folder: layout.inbox,
  onFiles: (files) =>
    handleInbox(files, { inbox: layout.inbox, store, startFlow: jobs.startFlow, seen, onError }),
  onError,
});
await new Promise<void>((resolve) => {
  process.once("SIGTERM", resolve);
  process.once("SIGINT", resolve);
});
await watching.close();
await seen.close();
await jobs.close();
process.exit(0);

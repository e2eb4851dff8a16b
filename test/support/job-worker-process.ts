// A worker process for tests: runs refresh jobs, and hangs in each one whose first attempts it is told to hang in.
import { appendFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { refreshQueue } from "@lakefleet/queues/refresh.queue.ts";
import { openWorkerConnection } from "../../lib/jobs/connection.ts";
import { openIntents } from "../../lib/jobs/intents.ts";
import { runWorker } from "../../lib/jobs/run-worker.ts";
import { armFailpoints } from "../../lib/storage/failpoint.ts";
import { silentTelemetry } from "../../lib/telemetry/telemetry.ts";
import { refreshResult } from "./toy-jobs.ts";

const [socketPath = "", intentsFolder = "", startsFile = "", hangs = "0", failpoints = ""] =
  process.argv.slice(2);
armFailpoints(failpoints);
const telemetry = silentTelemetry();
const connection = openWorkerConnection({ address: { socketPath }, telemetry });
const intents = await openIntents({ folder: intentsFolder, telemetry });
const worker = runWorker({
  contract: refreshQueue,
  async handler(payload, { signal }) {
    appendFileSync(startsFile, `${payload.intent} ${process.pid}\n`);
    if (hangs === "1") await pause(60_000, undefined, { signal });
    return refreshResult;
  },
  concurrency: 1,
  connection,
  intents,
  telemetry,
  drainTimeoutMs: 100,
  providerWaitMaxMs: 60_000,
  takeover: { lockMs: 1_000, stalledCheckMs: 500 },
});
await worker.ready();
process.stdout.write("ready\n");
process.on("SIGTERM", async () => {
  await worker.drain();
  connection.disconnect();
  await intents.close();
});

import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { openProvider } from "@lakefleet/lib/embedding/open-provider.ts";
import { accountIndex } from "@lakefleet/lib/generation/account-index.ts";
import type { IngestPayload } from "@lakefleet/lib/ingest/plan-ingest.ts";
import { newIntentId } from "@lakefleet/lib/jobs/intent-id.ts";
import type { JobContext } from "@lakefleet/lib/jobs/job-context.ts";
import { createSearchService } from "@lakefleet/lib/search/search-index.ts";
import { openLocalStore } from "@lakefleet/lib/storage/local-store.ts";
import { openSecrets } from "@lakefleet/lib/storage/secrets.ts";
import { silentTelemetry } from "@lakefleet/lib/telemetry/telemetry.ts";
import { handleEmbed } from "../../workers/embed/handle-embed.ts";
import { handleIndex } from "../../workers/index/handle-index.ts";
import { handleIngest } from "../../workers/ingest/handle-ingest.ts";

/** The workers' own handlers over a temporary data folder, one after the other, without Redis between them. */
export async function openBenchPipeline() {
  const folder = await mkdtemp(path.join(os.tmpdir(), "lakefleet-bench-"));
  const store = await openLocalStore({ name: "bench", root: path.join(folder, "bucket") });
  const telemetry = silentTelemetry();
  const locks = path.join(folder, "locks");
  const search = createSearchService({ store, telemetry });
  return {
    folder,
    store,
    search,
    /** Runs the whole chain for one source and gives the index's books and each step's seconds. */
    async indexSource(
      request: Pick<IngestPayload, "source" | "dataset" | "textColumns"> &
        Partial<IngestPayload> & { index: NonNullable<IngestPayload["index"]> },
    ) {
      const intent = newIntentId();
      const payload: IngestPayload = {
        mode: "append",
        onError: "refuse",
        metadataColumns: [],
        ...request,
        intent,
      };
      const index = request.index.name;
      const ingestion = {
        store,
        telemetry,
        memoryMib: 400,
        secrets: openSecrets({ folder: path.join(folder, "secrets"), environment: {} }),
        allowed: { files: false, sockets: false, linkLocal: false },
      };
      const seconds: Record<string, number> = {};
      let previous: unknown;
      const step = async (name: string, run: (context: JobContext) => Promise<unknown>) => {
        const begin = performance.now();
        previous = await run(contextOf(`${intent}.${name}`, previous));
        seconds[name] = (performance.now() - begin) / 1_000;
      };
      await step("ingest", (context) => handleIngest(payload, context, ingestion));
      await step("embed", (context) =>
        handleEmbed({ intent, index }, context, {
          store,
          locks,
          telemetry,
          embedders: { open: openProvider },
        }),
      );
      for (const name of ["build", "gate", "promote"] as const) {
        await step(name, (context) =>
          handleIndex({ step: name, intent, index }, context, { store, locks, telemetry }),
        );
      }
      return { books: await accountIndex({ store, index }), seconds };
    },
    async close() {
      await search.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A context that nobody listens to. */
export function contextOf(jobId: string, childResult: unknown): JobContext {
  return {
    jobId,
    childResults: [childResult],
    signal: new AbortController().signal,
    progress: () => {},
    log: () => {},
  };
}

import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { createApi } from "@lakefleet/api/create-api.ts";
import { openApiResources } from "@lakefleet/api/open-api-resources.ts";
import { readConfiguration } from "@lakefleet/config/schema.ts";
import { allowedAddresses } from "@lakefleet/lib/connectors/allowed-addresses.ts";
import { createHttpApp } from "@lakefleet/lib/http/create-http-app.ts";
import type { IngestPayload } from "@lakefleet/lib/ingest/plan-ingest.ts";
import { newIntentId } from "@lakefleet/lib/jobs/intent-id.ts";
import { openSecrets } from "@lakefleet/lib/storage/secrets.ts";
import { countingTelemetry } from "@lakefleet/lib/telemetry/metered-telemetry.ts";
import { createServe } from "@lakefleet/serve/create-serve.ts";
import { openServeResources } from "@lakefleet/serve/open-serve-resources.ts";
import { handleIngest } from "../../workers/ingest/handle-ingest.ts";

export interface JsonAnswer {
  status: number;
  body: Record<string, unknown>;
}

/** Both planes in this process over a temporary data folder, and the ingest handler beside them; no Redis, no worker. */
export async function openCatalogueApp() {
  const folder = await mkdtemp(path.join(os.tmpdir(), "lakefleet-catalogue-"));
  const read = readConfiguration({ LAKEFLEET_DATA: folder });
  if (!read.ok) throw new Error(read.problems.join());
  const options = { configuration: read.configuration, telemetry: countingTelemetry() };
  const api = await openApiResources(options);
  const serve = await openServeResources(options);
  const app = createHttpApp(options);
  app.route("/", createServe(serve));
  app.route("/", createApi(api));
  return {
    folder,
    store: api.store,
    async send(method: string, route: string, body?: unknown): Promise<JsonAnswer> {
      const headers = { "content-type": "application/json" };
      const answer = await app.request(route, {
        method,
        ...(body === undefined ? {} : { headers, body: JSON.stringify(body) }),
      });
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
    },
    /** Brings a file in as a worker would. */
    ingest(file: string, request: Partial<IngestPayload> & { dataset: string }) {
      const payload: IngestPayload = {
        intent: newIntentId(),
        source: { kind: "file", path: file, name: path.basename(file), uploaded: false },
        mode: "append",
        onError: "refuse",
        textColumns: [],
        metadataColumns: [],
        ...request,
      };
      const context = {
        signal: new AbortController().signal,
        progress: () => undefined,
        log: () => undefined,
        childResults: [],
        jobId: `${payload.intent}.ingest`,
      };
      return handleIngest(payload, context, {
        store: api.store,
        telemetry: options.telemetry,
        memoryMib: 256,
        secrets: openSecrets({ folder: path.join(folder, "secrets"), environment: {} }),
        allowed: allowedAddresses(read.configuration),
      });
    },
    async close() {
      await api.close();
      await serve.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

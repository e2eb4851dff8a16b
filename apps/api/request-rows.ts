import { rm } from "node:fs/promises";
import path from "node:path";
import { Readable } from "node:stream";
import { dataLayout } from "@lakefleet/config/layout.ts";
import { parseIngestRequest } from "@lakefleet/lib/ingest/ingest-request.ts";
import type { ParsedRows } from "@lakefleet/lib/ingest/parse-rows.ts";
import { requestIngest } from "@lakefleet/lib/ingest/request-ingest.ts";
import { newIntentId } from "@lakefleet/lib/jobs/intent-id.ts";
import type { JobReference } from "@lakefleet/lib/jobs/intent-record.ts";
import type { ApiDependencies } from "./dependencies.ts";
import { saveUpload } from "./save-upload.ts";

/** Saves rows that came in a body as an upload and takes them in like a file. */
export async function requestRows(
  { jobs, store, configuration }: ApiDependencies,
  target: {
    dataset: string;
    index?: string | undefined;
    rows: ParsedRows;
    signal: AbortSignal;
  },
): Promise<JobReference> {
  const { dataset, index, rows, signal } = target;
  const intent = newIntentId();
  const folder = path.join(dataLayout(configuration.dataFolder).uploads, intent);
  const { mode, key } = rows;
  const request = parseIngestRequest({ dataset, index, mode, key });
  try {
    const content = Readable.from([Buffer.from(rows.content)]);
    const upload = await saveUpload(content, { folder, name: "rows.json", signal });
    const source = { kind: "file" as const, ...upload, uploaded: true };
    return await requestIngest({
      startFlow: jobs.startFlow,
      store,
      models: configuration.models,
      intent,
      actor: "http",
      request,
      source,
    });
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

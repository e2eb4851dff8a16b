import path from "node:path";
import type { Models } from "@lakefleet/config/models.ts";
import type { JobReference } from "../jobs/intent-record.ts";
import type { StartFlow } from "../jobs/start-flow.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import type { IngestRequest } from "./ingest-request.ts";
import { requestIngest } from "./request-ingest.ts";
import { resolveIngestPath } from "./resolve-ingest-path.ts";

/** Starts the chain for a file or a folder that the fleet can read and the configuration allows. */
export async function requestPathIngest(options: {
  startFlow: StartFlow;
  store: ObjectStore;
  models?: Models | undefined;
  intent: string;
  actor: string;
  request: IngestRequest;
  requested: string;
  roots: readonly string[];
}): Promise<JobReference> {
  const { requested, roots } = options;
  const found = await resolveIngestPath({ requested, roots });
  const name = path.basename(found.path);
  return requestIngest({
    ...options,
    source: found.isFolder
      ? { kind: "folder", path: found.path, name }
      : { kind: "file", path: found.path, name, uploaded: false },
  });
}

import { rm } from "node:fs/promises";
import path from "node:path";
import type { Models } from "@lakefleet/config/models.ts";
import { DomainError } from "../../errors/domain-error.ts";
import { newIntentId } from "../../jobs/intent-id.ts";
import type { StartFlow } from "../../jobs/start-flow.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { writeChanges } from "../change-list.ts";
import { datasetName, planInbox, tableExtensions } from "../inbox-plan.ts";
import { type IngestRequest, parseIngestRequest } from "../ingest-request.ts";
import { requestIngest } from "../request-ingest.ts";
import type { FolderChanges } from "./open-watch.ts";
import type { Watch } from "./watch-definition.ts";

export interface WatchRequests {
  store: ObjectStore;
  models?: Models | undefined;
  startFlow: StartFlow;
  uploads: string;
  /** For one file that cannot be taken, which must not keep the others waiting. */
  onError: (error: unknown) => void;
}

/** Requests what the changes of a watched folder come to: one write for all its documents, and one for each table. */
export async function requestWatchChanges(
  requests: WatchRequests,
  watch: Watch,
  { changed, removed }: FolderChanges,
): Promise<void> {
  const { name, folder, recursive: _recursive, dataset, ...settings } = watch;
  const isTable = (file: string) => tableExtensions.test(file);
  const documents = { changed: changed.map((file) => file.name).filter((file) => !isTable(file)), removed };
  const request = parseIngestRequest({ ...settings, ...documentMode, dataset });
  if (documents.changed.length + documents.removed.length > 0) {
    await requestDocuments(requests, { folder, name, request, ...documents });
  }
  for (const file of changed) {
    if (!isTable(file.name)) continue;
    const own = datasetName(`${dataset}-${file.name.replace(tableExtensions, "")}`);
    await requestFile(requests, folder, file.name, parseIngestRequest({ dataset: own, mode: "replace" }));
  }
}

/** The same for the inbox, whose layout says what its files are; what leaves it has been taken and stays. */
export async function requestInboxChanges(
  requests: WatchRequests,
  inbox: string,
  { changed }: FolderChanges,
): Promise<void> {
  for (const work of planInbox(changed)) {
    if (work.kind === "file") {
      await requestFile(requests, inbox, work.file.name, work.request);
      continue;
    }
    const names = work.files.map((file) => file.name.slice(work.folder.length + 1));
    await requestDocuments(requests, {
      folder: path.join(inbox, work.folder),
      name: work.folder,
      request: work.request,
      changed: names,
      removed: [],
    });
  }
}

const documentMode = { mode: "upsert", key: "path", on_error: "skip" };

async function requestDocuments(
  requests: WatchRequests,
  documents: { folder: string; name: string; request: IngestRequest; changed: string[]; removed: string[] },
): Promise<void> {
  const { store, models, startFlow, uploads } = requests;
  const { folder, name, request, changed, removed } = documents;
  const intent = newIntentId();
  const upload = path.join(uploads, intent);
  const list = await writeChanges(upload, { changed, removed });
  try {
    const source = { kind: "changes" as const, path: folder, name, list };
    await requestIngest({ startFlow, store, models, intent, actor: "watcher", request, source });
  } catch (error) {
    await rm(upload, { recursive: true, force: true });
    throw error;
  }
}

async function requestFile(
  { store, models, startFlow, onError }: WatchRequests,
  folder: string,
  name: string,
  request: IngestRequest,
): Promise<void> {
  const file = path.join(folder, name);
  const source = { kind: "file" as const, path: file, name: path.basename(name), uploaded: false };
  const ingest = { startFlow, store, models, intent: newIntentId(), actor: "watcher", request, source };
  try {
    await requestIngest(ingest);
  } catch (error) {
    if (!isOfFile(error)) throw error;
    onError(error);
  }
}

/** Whether it is the file that cannot be taken, now or at any later time. */
function isOfFile(error: unknown): boolean {
  return (
    error instanceof DomainError && ["invalid", "forbidden", "not-found", "conflict"].includes(error.kind)
  );
}

import path from "node:path";
import { planInbox } from "@lakefleet/lib/ingest/inbox-plan.ts";
import { requestIngest } from "@lakefleet/lib/ingest/request-ingest.ts";
import type { WatchedFile } from "@lakefleet/lib/ingest/watch-folder.ts";
import { newIntentId } from "@lakefleet/lib/jobs/intent-id.ts";
import type { StartFlow } from "@lakefleet/lib/jobs/start-flow.ts";
import type { ObjectStore } from "@lakefleet/lib/storage/object-store.ts";
import type { SeenFiles } from "./seen-files.ts";

/** Requests what a batch of inbox files asks for, through the same path as HTTP, and remembers what was requested. */
export async function handleInbox(
  files: readonly WatchedFile[],
  dependencies: {
    inbox: string;
    store: ObjectStore;
    startFlow: StartFlow;
    seen: SeenFiles;
    onError: (error: unknown) => void;
  },
): Promise<void> {
  const fresh = files.filter((file) => !dependencies.seen.has(file));
  for (const work of planInbox(fresh)) {
    const members = work.kind === "file" ? [work.file] : work.files;
    const source =
      work.kind === "file"
        ? {
            kind: "file" as const,
            path: work.file.path,
            name: path.basename(work.file.name),
            uploaded: false,
          }
        : { kind: "folder" as const, path: path.join(dependencies.inbox, work.folder), name: work.folder };
    try {
      await requestIngest({
        startFlow: dependencies.startFlow,
        store: dependencies.store,
        intent: newIntentId(),
        actor: "watcher",
        request: work.request,
        source,
      });
      for (const file of members) await dependencies.seen.add(file);
    } catch (error) {
      // One file that cannot be read must not keep the others waiting; it is tried again when it changes or at the next start.
      dependencies.onError(error);
    }
  }
}

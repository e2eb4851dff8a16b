import { createHash } from "node:crypto";
import path from "node:path";
import type { LocalStore } from "../../storage/local-store.ts";
import type { Telemetry } from "../../telemetry/telemetry.ts";
import { resolveIngestPath } from "../resolve-ingest-path.ts";
import { openWatch } from "./open-watch.ts";
import { requestWatchChanges, type WatchRequests } from "./request-changes.ts";
import { openSeenFiles } from "./seen-files.ts";
import { type Watch, watchLog } from "./watch-definition.ts";

interface OpenedWatch {
  close(): Promise<void>;
}

/**
 * Keeps a watch open for each definition that is committed, and closes it when its definition goes. A folder that may
 * not be read, or is not there, is told of and tried again with every round.
 */
export function createWatchKeeping(options: {
  store: LocalStore;
  /** Folders that may be read. */
  roots: readonly string[];
  requests: Omit<WatchRequests, "store">;
  telemetry: Telemetry;
}): { round(): Promise<void>; close(): Promise<void> } {
  const { store, roots, requests, telemetry } = options;
  const log = watchLog(store);
  const opened = new Map<string, OpenedWatch>();
  const open = async (watch: Watch, key: string): Promise<OpenedWatch> => {
    const { path: folder } = await resolveIngestPath({ requested: watch.folder, roots });
    const journal = path.join(store.root, "watches", "seen", key);
    const seen = await openSeenFiles({ folder: journal, watched: folder, telemetry });
    const onError = (error: unknown) =>
      telemetry.log.warn({ error, watch: watch.name }, "watched folder not taken");
    const watching = openWatch({
      folder,
      recursive: watch.recursive,
      seen,
      onChanges: (changes) =>
        requestWatchChanges({ ...requests, store, onError }, { ...watch, folder }, changes),
      onError,
    });
    return {
      async close() {
        await watching.close();
        await seen.close();
      },
    };
  };
  return {
    async round() {
      const wanted = new Map(
        (await log.head())?.document.watches.map((watch) => [journalName(watch), watch]),
      );
      for (const [key, watch] of opened) {
        if (wanted.has(key)) continue;
        opened.delete(key);
        await watch.close();
      }
      for (const [key, watch] of wanted) {
        if (opened.has(key)) continue;
        try {
          opened.set(key, await open(watch, key));
        } catch (error) {
          telemetry.log.warn(
            { error, watch: watch.name },
            "A folder cannot be watched; the next round tries again.",
          );
        }
      }
    },
    async close() {
      for (const watch of opened.values()) await watch.close();
    },
  };
}

/** Another folder, dataset or depth under the same name begins with a journal of its own. */
function journalName({ name, folder, dataset, recursive }: Watch): string {
  const digest = createHash("sha256")
    .update(JSON.stringify([folder, dataset, recursive]))
    .digest("hex");
  return `${name}-${digest.slice(0, 12)}`;
}

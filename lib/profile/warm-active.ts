import { DomainError } from "../errors/domain-error.ts";
import { repeatTask } from "../search/repeat-task.ts";
import type { SearchService } from "../search/search-index.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { activationLog } from "./activation-log.ts";
import { profileLog } from "./profile-log.ts";

/** Sooner than a model loads, and a look costs two lookups of a name. */
const lookEveryMs = 500;

/** Opens the indexes of the active profile before somebody searches them, after an activation as after a start. */
export function keepActiveWarm(options: {
  store: ObjectStore;
  search: Pick<SearchService, "use">;
  telemetry: Pick<Telemetry, "emit">;
}): { stop(): Promise<void> } {
  const { store, search, telemetry } = options;
  const log = activationLog(store);
  let definitions: { id: string; log: ReturnType<typeof profileLog> } | undefined;
  let warmed = "";
  return repeatTask(lookEveryMs, async () => {
    try {
      const id = (await log.head())?.document.profile ?? null;
      if (id === null) return;
      if (definitions?.id !== id) definitions = { id, log: profileLog(store, id) };
      const head = await definitions.log.head();
      const state = `${id}/${head?.number}`;
      if (head === undefined || state === warmed) return;
      warmed = state;
      for (const index of head.document.indexes) await open(search, index);
    } catch (error) {
      telemetry.emit("profile.warm-failed", { reason: String(error) });
    }
  });
}

/** One that has nothing to open yet keeps no other from being opened; what is damaged is told of where it is opened. */
async function open(search: Pick<SearchService, "use">, index: string): Promise<void> {
  try {
    await search.use(index, async () => undefined);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
  }
}

import type { OpenProvider } from "../embedding/open-provider.ts";
import { DomainError } from "../errors/domain-error.ts";
import { activeLog } from "../generation/active-log.ts";
import { readDefinition } from "../generation/definition-log.ts";
import { openGeneration } from "../generation/read/open-generation.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { commitEvalSet } from "./eval-set-log.ts";
import { heldOutQueries } from "./held-out-queries.ts";

/**
 * Makes an eval set of an index's own chunks, or the set's next version. It reads a few thousand chunks at most (and,
 * where the vectors came from elsewhere, all vectors once), so it is done within a request. The same seed over the same
 * generation gives the same set. Throws `index-missing`, `index-not-ready` and what `heldOutQueries` throws.
 */
export async function autogenEvalSet(options: {
  store: ObjectStore;
  name: string;
  index: string;
  count: number;
  seed: number;
  strata?: string | undefined;
  providers?: OpenProvider | undefined;
  signal?: AbortSignal | undefined;
}): ReturnType<typeof commitEvalSet> {
  const { store, name, index, count, seed, strata, providers, signal } = options;
  await readDefinition(store, index);
  const generation = (await activeLog(store, index).head())?.document.generation;
  if (generation === undefined) throw notReady(index);
  const opened = await openGeneration({ store, index, generation, signal });
  try {
    const queries = await heldOutQueries({ opened, count, seed, strata, providers, signal });
    const source = {
      ...({ kind: "held-out", index, generation, seed } as const),
      ...(strata === undefined ? {} : { strata }),
    };
    return await commitEvalSet(store, { schemaVersion: 1, name, source, queries });
  } finally {
    await opened.close();
  }
}

function notReady(index: string): DomainError {
  return new DomainError({
    kind: "conflict",
    type: "index-not-ready",
    field: "index",
    message: `The index ${index} has no active generation yet.`,
    remedy: "Wait until its first build has been promoted; the job shows how far it is.",
  });
}

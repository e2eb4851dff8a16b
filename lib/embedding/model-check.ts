import type { ObjectStore } from "../storage/object-store.ts";
import type { EmbeddingProvider } from "./embedding-provider.ts";
import { checkModel } from "./model-identity.ts";

/** A model is looked at with its first query and then once in so long; a query in between costs nothing more. */
const everyMs = 60_000;

/** Throws as `checkModel` does where the model is not the one that made the vectors of this bucket. */
export function createModelCheck(store: ObjectStore): (provider: EmbeddingProvider) => Promise<void> {
  const checkedAt = new Map<string, number>();
  return async (provider) => {
    const now = performance.now();
    if (now - (checkedAt.get(provider.embedderId) ?? Number.NEGATIVE_INFINITY) < everyMs) return;
    await checkModel({ store, provider });
    checkedAt.set(provider.embedderId, now);
  };
}

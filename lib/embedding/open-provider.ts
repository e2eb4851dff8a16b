import { DomainError } from "../errors/domain-error.ts";
import type { EmbeddingProvider } from "./embedding-provider.ts";
import { hashEmbedderId } from "./hash-embedder.ts";
import { createHashProvider, createInlineHashProvider } from "./hash-provider.ts";

/**
 * The provider of this id. With `threads` 0 it works on the calling thread, which suits single queries only.
 * Throws `invalid`, `embedder-unknown`, with the ids there are.
 */
export function openProvider(embedderId: string, options: { threads: number }): EmbeddingProvider {
  if (embedderId !== hashEmbedderId) throw unknownError(embedderId);
  return options.threads === 0 ? createInlineHashProvider() : createHashProvider(options);
}

function unknownError(embedderId: string): DomainError {
  return new DomainError({
    kind: "invalid",
    type: "embedder-unknown",
    message: `There is no embedder "${embedderId}".`,
    field: "embedder",
    remedy: `Use ${hashEmbedderId}.`,
  });
}

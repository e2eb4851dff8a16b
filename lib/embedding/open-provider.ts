import { DomainError } from "../errors/domain-error.ts";
import type { EmbeddingProvider } from "./embedding-provider.ts";
import { hashEmbedderId } from "./hash-embedder.ts";
import { createHashProvider, createInlineHashProvider } from "./hash-provider.ts";

/** Opens the provider of an id, or throws `invalid`, `embedder-unknown`. */
export type OpenProvider = (embedderId: string) => EmbeddingProvider;

/**
 * The built-in provider of this id. With `threads` 0 it works on the calling thread, which suits single queries only.
 * Throws `invalid`, `embedder-unknown`, with the ids there are.
 */
export function openProvider(embedderId: string, options: { threads: number }): EmbeddingProvider {
  if (embedderId !== hashEmbedderId) throw unknownEmbedder(embedderId, [hashEmbedderId]);
  return options.threads === 0 ? createInlineHashProvider() : createHashProvider(options);
}

/** On the calling thread: a query takes microseconds, and a thread's answer would take longer than the search. */
export const openInline: OpenProvider = (embedderId) => openProvider(embedderId, { threads: 0 });

export function unknownEmbedder(embedderId: string, known: readonly string[]): DomainError {
  return new DomainError({
    kind: "invalid",
    type: "embedder-unknown",
    message: `There is no embedder "${embedderId}".`,
    field: "embedder",
    remedy: `Use ${known.join(" or ")}, or name another one in the file of models.`,
  });
}

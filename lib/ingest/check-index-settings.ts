import type { Models } from "@lakefleet/config/models.ts";
import { assertEmbedder } from "../embedding/open-embedders.ts";
import { DomainError } from "../errors/domain-error.ts";
import type { IndexDefinition } from "../generation/index-definition.ts";
import type { IngestPayload } from "./plan-ingest.ts";

export type IndexSettings = NonNullable<IngestPayload["index"]>;

/**
 * Refuses what could only fail once the rows are committed: `index-taken` and `embedder-migrated` (conflict),
 * `embedder-unknown` and `chunk-overlap` (invalid). `current` is the index as it is, where there is one.
 */
export function checkIndexSettings(options: {
  settings: IndexSettings;
  dataset: string;
  current: IndexDefinition | undefined;
  /** Whose embedders an index may have; only the built-in one where they are not given. */
  models?: Models | undefined;
}): void {
  const { settings, dataset, current, models } = options;
  if (current && current.dataset !== dataset) {
    throw new DomainError({
      kind: "conflict",
      type: "index-taken",
      field: "index",
      message: `The index ${settings.name} belongs to the dataset ${current.dataset}.`,
      remedy: "Choose another index name.",
    });
  }
  const { embedderId, vectorColumn } = settings;
  if (current !== undefined && embedderId !== undefined) assertNotMigrated(current, embedderId);
  // Vectors that the rows bring need no provider, now or when more rows come.
  const isBrought = vectorColumn !== undefined || (current?.vectors && embedderId === current.embedderId);
  if (embedderId !== undefined && !isBrought) assertEmbedder(embedderId, models);
  const { size, overlap } = chunkingOf(settings, current);
  if (overlap < size) return;
  throw new DomainError({
    kind: "invalid",
    type: "chunk-overlap",
    field: "overlap",
    message: `Chunks of ${size} characters cannot share ${overlap}.`,
    remedy: "Give an overlap below chunk_size.",
  });
}

/** A request that still names the model of before a cutover must not take it back unseen. */
function assertNotMigrated({ index, embedderId, pipeline }: IndexDefinition, wanted: string): void {
  if (pipeline === undefined || wanted === embedderId) return;
  throw new DomainError({
    kind: "conflict",
    type: "embedder-migrated",
    field: "embedder",
    message: `The index ${index} was migrated to ${embedderId}; this request names ${wanted}.`,
    remedy: `Leave the embedder out, or change it by POST /vectors/indexes/${index}/migrations.`,
  });
}

/**
 * A chunk of 1,000 characters is about 250 tokens: small enough that a hit is a passage, large enough that a
 * paragraph stays whole. The overlap keeps a sentence that straddles the edge findable from both sides.
 */
const defaultChunking = { size: 1_000, overlap: 100 };

/** How the index is cut: as asked, else as it is, else by the defaults. An overlap that nobody asked for always fits. */
export function chunkingOf(settings: IndexSettings, current: IndexDefinition | undefined) {
  const size = settings.chunkSize ?? current?.chunking.size ?? defaultChunking.size;
  const fitting = Math.min(current?.chunking.overlap ?? defaultChunking.overlap, Math.floor(size / 4));
  const kept = settings.chunkSize === undefined ? current?.chunking.overlap : undefined;
  return { size, overlap: settings.overlap ?? kept ?? fitting };
}

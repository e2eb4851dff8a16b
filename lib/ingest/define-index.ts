import type { DatasetVersion } from "../dataset/dataset-version.ts";
import { DomainError } from "../errors/domain-error.ts";
import { definitionLog } from "../generation/definition-log.ts";
import type { IndexDefinition } from "../generation/index-definition.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { IndexParameters } from "../vector/index-parameters.ts";
import type { IngestPayload } from "./plan-ingest.ts";

type IndexSettings = NonNullable<IngestPayload["index"]>;

/**
 * A chunk of 1,000 characters is about 250 tokens: small enough that a hit is a passage, large enough that a
 * paragraph stays whole. The overlap keeps a sentence that straddles the edge findable from both sides.
 */
const defaultChunking = { size: 1_000, overlap: 100 };

/** Commits the index's definition where it is new or changed; without a change the index is left as it is. */
export async function defineIndex(options: {
  store: ObjectStore;
  settings: IndexSettings;
  dataset: DatasetVersion;
}): Promise<IndexDefinition> {
  const log = definitionLog(options.store, options.settings.name);
  const committed = await log.commit((head) => {
    const next = mergeDefinition(head?.document, options.settings, options.dataset);
    return head && JSON.stringify(head.document) === JSON.stringify(next) ? undefined : next;
  });
  const definition = committed ?? (await log.head());
  if (!definition) throw new Error(`index ${options.settings.name} has no definition after its commit`);
  return definition.document;
}

function mergeDefinition(
  current: IndexDefinition | undefined,
  settings: IndexSettings,
  dataset: DatasetVersion,
): IndexDefinition {
  if (current && current.dataset !== dataset.dataset) {
    throw new DomainError({
      kind: "conflict",
      type: "index-taken",
      field: "index",
      message: `The index ${settings.name} belongs to the dataset ${current.dataset}.`,
      remedy: "Choose another index name.",
    });
  }
  const textColumns = dataset.textColumns.length > 0 ? dataset.textColumns : (current?.textColumns ?? []);
  if (textColumns.length === 0) {
    throw new DomainError({
      kind: "invalid",
      type: "text-columns-missing",
      field: "text_columns",
      message: `The dataset ${dataset.dataset} names no text column, so there is nothing to index.`,
      remedy: "Name the columns to search in text_columns.",
    });
  }
  const parameters =
    current && (settings.backend ?? current.parameters.backend) === current.parameters.backend
      ? current.parameters
      : IndexParameters.parse({ backend: settings.backend ?? "hnsw" });
  return {
    schemaVersion: 1,
    index: settings.name,
    dataset: dataset.dataset,
    textColumns,
    metadataColumns: dataset.metadataColumns,
    embedderId: settings.embedderId ?? current?.embedderId ?? "hash-768@1",
    chunking: {
      size: settings.chunkSize ?? current?.chunking.size ?? defaultChunking.size,
      overlap: settings.overlap ?? current?.chunking.overlap ?? defaultOverlap(settings.chunkSize),
    },
    parameters,
    fusion: current?.fusion ?? { method: "weighted", lexicalWeight: 0.85 },
  };
}

function defaultOverlap(size: number | undefined): number {
  return size === undefined
    ? defaultChunking.overlap
    : Math.min(defaultChunking.overlap, Math.floor(size / 4));
}

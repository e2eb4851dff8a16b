import type { Models } from "@lakefleet/config/models.ts";
import type { DatasetVersion } from "../dataset/dataset-version.ts";
import { readVectorDimension } from "../dataset/vector-dimension.ts";
import { hashEmbedderId } from "../embedding/hash-embedder.ts";
import { DomainError } from "../errors/domain-error.ts";
import { definitionLog } from "../generation/definition-log.ts";
import type { IndexDefinition } from "../generation/index-definition.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { IndexParameters } from "../vector/index-parameters.ts";
import { checkIndexSettings, chunkingOf, type IndexSettings } from "./check-index-settings.ts";

/** What only `POST /vectors/index` may say of an index, beside what every ingest may. */
export interface TuningSettings {
  /** Whole; of the backend that is named beside it, if one is. */
  parameters?: IndexParameters | undefined;
  fusion?: IndexDefinition["fusion"] | undefined;
  /** A metadata column; null takes the shards away again. */
  shardBy?: string | null | undefined;
}

/** Commits the index's definition where it is new or changed; without a change the index is left as it is. */
export async function defineIndex(options: {
  store: ObjectStore;
  settings: IndexSettings & TuningSettings;
  dataset: DatasetVersion;
  models?: Models | undefined;
}): Promise<IndexDefinition> {
  const { store, settings, dataset, models } = options;
  const log = definitionLog(store, settings.name);
  const column = settings.vectorColumn;
  const vectors = column && { column, dimension: await readVectorDimension(store, dataset, column) };
  const committed = await log.commit((head) => {
    checkIndexSettings({ settings, dataset: dataset.dataset, current: head?.document, models });
    const next = mergeDefinition(head?.document, { ...settings, vectors: vectors || undefined }, dataset);
    return head && JSON.stringify(head.document) === JSON.stringify(next) ? undefined : next;
  });
  const definition = committed ?? (await log.head());
  if (!definition) throw new Error(`index ${options.settings.name} has no definition after its commit`);
  return definition.document;
}

function mergeDefinition(
  current: IndexDefinition | undefined,
  settings: IndexSettings & TuningSettings & Pick<IndexDefinition, "vectors">,
  dataset: DatasetVersion,
): IndexDefinition {
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
  const kept =
    current && (settings.backend ?? current.parameters.backend) === current.parameters.backend
      ? current.parameters
      : IndexParameters.parse({ backend: settings.backend ?? "hnsw" });
  const embedderId = settings.embedderId ?? current?.embedderId ?? hashEmbedderId;
  const vectors = settings.vectors ?? (embedderId === current?.embedderId ? current.vectors : undefined);
  const shardBy = shardColumn(current, settings, dataset);
  return {
    schemaVersion: 1,
    index: settings.name,
    dataset: dataset.dataset,
    textColumns,
    metadataColumns: dataset.metadataColumns,
    embedderId,
    ...(current?.pipeline === undefined ? {} : { pipeline: current.pipeline }),
    ...(vectors === undefined ? {} : { vectors }),
    chunking: chunkingOf(settings, current),
    parameters: settings.parameters ?? kept,
    ...(shardBy === undefined ? {} : { shardBy }),
    fusion: settings.fusion ?? current?.fusion ?? defaultFusion(embedderId),
  };
}

/**
 * The built-in embedder only knows words, so words lead; a model knows what they mean. Both are where to begin: the
 * gate finds the best weight on an eval set.
 */
export function defaultFusion(embedderId: string): IndexDefinition["fusion"] {
  return { method: "weighted", lexicalWeight: embedderId === hashEmbedderId ? 0.85 : 0.5 };
}

/** As asked, else as it is for as long as the column is one of the index's. */
function shardColumn(
  current: IndexDefinition | undefined,
  { shardBy }: TuningSettings,
  { dataset, metadataColumns }: DatasetVersion,
): string | undefined {
  if (shardBy === undefined) return metadataColumns.find((column) => column === current?.shardBy);
  if (shardBy === null || metadataColumns.includes(shardBy)) return shardBy ?? undefined;
  throw new DomainError({
    kind: "invalid",
    type: "shard-column",
    field: "shard_by",
    message: `${JSON.stringify(shardBy)} is no metadata column of the dataset ${dataset}.`,
    remedy: `Name it in metadata_columns as well. Now they are ${metadataColumns.join(", ") || "none"}.`,
  });
}

import path from "node:path";
import { dataLayout } from "@lakefleet/config/layout.ts";
import { commitRows } from "@lakefleet/lib/dataset/commit-rows.ts";
import { readDataset } from "@lakefleet/lib/dataset/dataset-log.ts";
import { embedPending } from "@lakefleet/lib/embedding/embed-pending.ts";
import type { EmbeddingProvider } from "@lakefleet/lib/embedding/embedding-provider.ts";
import { openPipeline } from "@lakefleet/lib/embedding/pipeline-tables.ts";
import { syncPipeline } from "@lakefleet/lib/embedding/sync-pipeline.ts";
import { gateGeneration } from "@lakefleet/lib/gate/gate-generation.ts";
import {
  type BuildGenerationOptions,
  buildGeneration,
} from "@lakefleet/lib/generation/build/build-generation.ts";
import type { MergeLimits } from "@lakefleet/lib/generation/build/plan-segments.ts";
import { definitionLog } from "@lakefleet/lib/generation/definition-log.ts";
import { vectorFolder } from "@lakefleet/lib/generation/format/row-store-layout.ts";
import { generationPrefix } from "@lakefleet/lib/generation/generation-keys.ts";
import type { GenerationManifest } from "@lakefleet/lib/generation/generation-manifest.ts";
import type { IndexDefinition } from "@lakefleet/lib/generation/index-definition.ts";
import { promoteGeneration } from "@lakefleet/lib/generation/promote-generation.ts";
import { type LocalStore, openLocalStore } from "@lakefleet/lib/storage/local-store.ts";
import { IndexParameters } from "@lakefleet/lib/vector/index-parameters.ts";
import { stageQuery } from "../../test/support/stage-rows.ts";

const standard: IndexDefinition = {
  schemaVersion: 1,
  index: "vectors",
  dataset: "vectors",
  textColumns: ["body"],
  metadataColumns: [],
  embedderId: "clustered@1",
  chunking: { size: 1_000, overlap: 0 },
  parameters: IndexParameters.parse({ backend: "hnsw" }),
  fusion: { method: "weighted", lexicalWeight: 0.85 },
};

export interface VectorGeneration {
  manifest: GenerationManifest;
  /** Where its graph and its vectors stand, if it was built whole. */
  folder: string;
  /** What each step took. */
  milliseconds: Record<string, number>;
}

/** A data folder whose index `vectors` is made of given vectors: row `<tag><n>` has vector n and a text of its own. */
export async function openVectorLake(
  dataFolder: string,
  options: Partial<Pick<IndexDefinition, "parameters" | "metadataColumns">> & {
    mergeLimits?: MergeLimits;
  } = {},
) {
  const { mergeLimits, ...changes } = options;
  const definition = { ...standard, ...changes };
  const { bucket, locks } = dataLayout(dataFolder);
  const store = await openLocalStore({ name: "primary", root: bucket });
  await definitionLog(store, definition.index).commit(() => definition);
  return {
    store,
    index: definition.index,
    /** Writes the rows, then embeds, builds, gates and promotes as the workers do. */
    async publish(rows: Rows): Promise<VectorGeneration> {
      const { index } = definition;
      const begin = performance.now();
      await writeRows(store, definition, rows);
      const written = performance.now();
      await embed({ store, definition, locks }, rows);
      const earlier = { rows: written - begin, embed: performance.now() - written };
      return buildAndPromote({ store, index, locks, mergeLimits }, earlier);
    },
    /** What a trial's promotion does: the rows that are there, by other parameters. */
    rebuild: (parameters: IndexParameters) =>
      buildAndPromote(
        { store, index: definition.index, locks, mergeLimits, parameters },
        { rows: 0, embed: 0 },
      ),
  };
}

async function buildAndPromote(
  options: BuildGenerationOptions,
  earlier: Record<string, number>,
): Promise<VectorGeneration> {
  const { store, index } = options;
  const begin = performance.now();
  const { manifest, phases } = await buildGeneration(options);
  const target = { store, index, generation: manifest.generation };
  const built = performance.now();
  await gateGeneration(target);
  const gated = performance.now();
  await promoteGeneration({ ...target, reason: "bench", actor: "bench", by: "person" });
  const milliseconds = {
    ...earlier,
    ...phases,
    "build in all": built - begin,
    gate: gated - built,
    promote: performance.now() - gated,
  };
  const folder = await store.materialize(generationPrefix(index, manifest.generation));
  const segment = manifest.segments[0]?.folder ?? "";
  return { manifest, folder: path.join(folder, segment, vectorFolder), milliseconds };
}

interface Rows {
  tag: string;
  vectors: Float32Array;
  dimension: number;
  /** The number of the first row, which is added to those before it; every row is replaced where it is not given. */
  firstRow?: number;
}

async function writeRows(
  store: LocalStore,
  definition: IndexDefinition,
  { tag, vectors, dimension, firstRow }: Rows,
): Promise<void> {
  const first = firstRow ?? 0;
  const count = vectors.length / dimension;
  const columns = [
    { name: "name", type: "varchar" as const },
    { name: "body", type: "varchar" as const },
    { name: "category", type: "bigint" as const },
  ];
  // Three hundred characters, as a hit of a real text has.
  const body = `'${tag} ' || n || repeat(' the quick brown fox jumps over it', 9)`;
  const staged = await stageQuery(
    store,
    columns,
    `SELECT '${tag}' || n AS name, ${body} AS body, n % 10 AS category FROM range(${first}, ${first + count}) r(n)`,
  );
  await commitRows({
    store,
    dataset: definition.dataset,
    ingestId: `bench-${tag}-${first}`,
    mode: firstRow === undefined ? "replace" : "append",
    staged,
    contentHash: `bench-${tag}-${first}`,
    source: { kind: "rows", name: tag, format: "parquet" },
    settings: { idColumn: "name", textColumns: ["body"], metadataColumns: definition.metadataColumns },
  });
}

async function embed(
  lake: { store: LocalStore; definition: IndexDefinition; locks: string },
  rows: Rows,
): Promise<void> {
  const { store, definition, locks } = lake;
  const pipeline = await openPipeline({ store, index: definition.index, locks });
  try {
    const version = await readDataset(store, definition.dataset);
    await syncPipeline({ pipeline, store, definition, version });
    await embedPending({ pipeline, provider: givenVectors(rows) });
  } finally {
    pipeline.close();
  }
}

/** "Embeds" a row's text by looking up the vector that its number names. */
function givenVectors({ vectors, dimension, firstRow = 0 }: Rows): EmbeddingProvider {
  return {
    embedderId: standard.embedderId,
    dimension,
    lengthMax: 1_000,
    async embedBatch(texts) {
      const batch = new Float32Array(texts.length * dimension);
      for (const [position, text] of texts.entries()) {
        const row = Number(text.split(" ")[1]) - firstRow;
        batch.set(vectors.subarray(row * dimension, (row + 1) * dimension), position * dimension);
      }
      return batch;
    },
    close: async () => {},
  };
}

import { connect, Index, type Table } from "@lancedb/lancedb";
import { canStoreMetadata, lanceColumns } from "../format/lance-columns.ts";
import { type LancePlan, planLance } from "../format/lance-plan.ts";
import type { MetadataColumn } from "../format/vector-block.ts";
import { vectorFiles } from "../format/vector-files.ts";
import type { LanceParameters } from "../index-parameters.ts";
import { checkBlock } from "./check-block.ts";
import { lanceSchema } from "./lance-batch.ts";
import { bitmapDistinctMax, createLanceLoader, type LanceLoader } from "./lance-loader.ts";
import type { VectorIndexBuild } from "./vector-index-build.ts";

/**
 * Load, then compact, then index: compacting after indexing would rebuild the graph from nothing. An abort is seen
 * between batches and before each step; the engine cannot be stopped inside one.
 */
export async function buildLanceIndex(build: VectorIndexBuild, parameters: LanceParameters): Promise<number> {
  const { folder, dimension, vectorCount, blocks, progress, signal } = build;
  const kind = build.flat ? "flat" : parameters.kind;
  const plan = planLance({ ...parameters, kind }, dimension, vectorCount);
  const offered = build.metadataColumns ?? [];
  const columns = canStoreMetadata(offered) ? offered : [];
  const connection = await connect(folder);
  const table = await connection.createEmptyTable(vectorFiles.lanceTable, lanceSchema(dimension, columns));
  try {
    const loader = createLanceLoader(table, dimension, columns);
    let done = 0;
    for await (const block of blocks) {
      signal?.throwIfAborted();
      const count = checkBlock(block, { dimension, firstOrdinal: done, vectorCount });
      await loader.write(block);
      done += count;
      progress?.({ done, total: vectorCount, unit: "vectors" });
    }
    await loader.finish();
    if (done === 0) return 0;
    signal?.throwIfAborted();
    await table.optimize();
    signal?.throwIfAborted();
    await createVectorIndex(table, plan, parameters);
    for (const column of columns) {
      signal?.throwIfAborted();
      await createScalarIndex(table, loader, column);
    }
    return done;
  } finally {
    table.close();
    connection.close();
  }
}

async function createVectorIndex(table: Table, plan: LancePlan, parameters: LanceParameters): Promise<void> {
  const config = vectorIndexConfig(plan, parameters);
  if (config !== undefined) await table.createIndex(lanceColumns.vector, { config });
}

function vectorIndexConfig(plan: LancePlan, parameters: LanceParameters): Index | undefined {
  const shared = { distanceType: "cosine", numPartitions: plan.partitions } as const;
  switch (plan.kind) {
    case "flat":
      return undefined;
    case "ivf_hnsw_sq":
      return Index.hnswSq({
        ...shared,
        m: parameters.connectivity,
        efConstruction: parameters.expansionBuild,
      });
    case "ivf_rq":
      return Index.ivfRq(shared);
    case "ivf_pq":
      return Index.ivfPq({ ...shared, numSubVectors: plan.subVectors, numBits: 8 });
  }
}

async function createScalarIndex(
  table: Table,
  loader: LanceLoader,
  { name, type, unique }: MetadataColumn,
): Promise<void> {
  const few = !unique && (type === "boolean" || loader.distinctCount(name) <= bitmapDistinctMax);
  await table.createIndex(name, { config: few ? Index.bitmap() : Index.btree() });
}

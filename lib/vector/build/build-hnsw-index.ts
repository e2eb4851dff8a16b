import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { vectorFiles } from "../format/vector-files.ts";
import type { HnswParameters } from "../index-parameters.ts";
import { buildGrowth } from "./build-growth.ts";
import { checkBlock } from "./check-block.ts";
import type { GraphBuilder } from "./graph-builder.ts";
import { createHnswlibBuilder } from "./hnswlib-builder.ts";
import { createParquetVectorWriter } from "./parquet-vector-writer.ts";
import { createUsearchBuilder } from "./usearch-builder.ts";
import type { VectorIndexBuild } from "./vector-index-build.ts";

// About half a second of insertions at 768 values: the grain of progress and of cancellation.
const batchSize = 2048;

/** Writes `vectors.parquet` and, unless it is to be flat or there is no vector, the graph. Returns how many vectors the blocks held. */
export async function buildHnswIndex(build: VectorIndexBuild, parameters: HnswParameters): Promise<number> {
  const { folder, dimension, vectorCount, blocks, progress, signal } = build;
  const parquet = createParquetVectorWriter(join(folder, vectorFiles.parquet), dimension);
  const graph = vectorCount === 0 || build.flat ? undefined : await createGraphBuilder(build, parameters);
  const growth = buildGrowth(parameters);
  let done = 0;
  for await (const block of blocks) {
    const count = checkBlock(block, { dimension, firstOrdinal: done, vectorCount });
    parquet.write(block.vectors);
    for (let row = 0; row < count; row += batchSize) {
      signal?.throwIfAborted();
      const batch = block.vectors.subarray(row * dimension, Math.min(count, row + batchSize) * dimension);
      graph?.add(batch, done);
      done += batch.length / dimension;
      progress?.({ done, total: vectorCount, unit: "vectors", growth });
      // Lets an abort that arrives as a message be seen between two batches.
      await setImmediate();
    }
  }
  signal?.throwIfAborted();
  parquet.finish();
  if (done > 0) graph?.save(join(folder, vectorFiles.graph[parameters.engine]));
  return done;
}

function createGraphBuilder(build: VectorIndexBuild, parameters: HnswParameters): Promise<GraphBuilder> {
  return parameters.engine === "usearch"
    ? createUsearchBuilder(parameters, build.dimension, build.threads)
    : createHnswlibBuilder(parameters, build.dimension, build.vectorCount);
}

import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { handledElsewhere } from "../../errors/handled-elsewhere.ts";
import { vectorFiles } from "../format/vector-files.ts";
import type { HnswParameters } from "../index-parameters.ts";
import { buildGrowth } from "./build-growth.ts";
import { checkBlock } from "./check-block.ts";
import type { GraphBuilder, GraphThread } from "./graph-builder.ts";
import { createHnswlibBuilder } from "./hnswlib-builder.ts";
import { createParquetVectorWriter } from "./parquet-vector-writer.ts";
import { startInsertThread } from "./start-insert-thread.ts";
import { createUsearchBuilder } from "./usearch-builder.ts";
import type { VectorIndexBuild } from "./vector-index-build.ts";

// About half a second of insertions at 768 values: the grain of progress and of cancellation.
const batchSize = 2048;

/** 5,461 vectors of 768 values: their graph takes half a second, and a thread for it 150 ms to start. */
const valuesMaxOfNoThread = 2 ** 22;

/** Writes `vectors.parquet` and, unless it is to be flat or there is no vector, the graph. Returns how many vectors the blocks held. */
export async function buildHnswIndex(build: VectorIndexBuild, parameters: HnswParameters): Promise<number> {
  const { folder, dimension, vectorCount, blocks, signal } = build;
  const parquet = createParquetVectorWriter(join(folder, vectorFiles.parquet), dimension);
  const hasGraph = vectorCount > 0 && !build.flat;
  const thread =
    hasGraph && isLarge(build, parameters)
      ? startInsertThread({ parameters, dimension, threads: build.threads })
      : undefined;
  const graph = thread ?? (hasGraph ? await createGraphBuilder(build, parameters) : undefined);
  const insert = insertInto(graph, build, buildGrowth(parameters));
  let count = 0;
  let inserting: Promise<void> | undefined;
  try {
    for await (const block of blocks) {
      const first = count;
      count += checkBlock(block, { dimension, firstOrdinal: first, vectorCount });
      parquet.write(block.vectors);
      await inserting;
      // What comes next is fetched and filed meanwhile.
      inserting = insert(block.vectors, first);
      handledElsewhere(inserting);
    }
    await inserting;
    signal?.throwIfAborted();
    parquet.finish();
    if (count > 0) await graph?.save(join(folder, vectorFiles.graph[parameters.engine]));
    return count;
  } finally {
    await thread?.close();
  }
}

function insertInto(
  graph: GraphBuilder | GraphThread | undefined,
  { dimension, vectorCount, progress, signal }: VectorIndexBuild,
  growth: number,
) {
  return async (vectors: Float32Array, first: number): Promise<void> => {
    const count = vectors.length / dimension;
    for (let row = 0; row < count; row += batchSize) {
      signal?.throwIfAborted();
      const end = Math.min(count, row + batchSize);
      await graph?.add(vectors.subarray(row * dimension, end * dimension), first + row);
      progress?.({ done: first + end, total: vectorCount, unit: "vectors", growth });
      // Lets an abort that arrives as a message be seen between two batches.
      await setImmediate();
    }
  };
}

function isLarge({ dimension, vectorCount }: VectorIndexBuild, { engine }: HnswParameters): boolean {
  return engine === "usearch" && vectorCount * dimension > valuesMaxOfNoThread;
}

function createGraphBuilder(build: VectorIndexBuild, parameters: HnswParameters): Promise<GraphBuilder> {
  return parameters.engine === "usearch"
    ? createUsearchBuilder(parameters, build.dimension, build.threads)
    : createHnswlibBuilder(parameters, build.dimension, build.vectorCount);
}

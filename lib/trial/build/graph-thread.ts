import { buildVectorIndex } from "../../vector/build/build-vector-index.ts";
import type { VectorBlock } from "../../vector/format/vector-block.ts";
import type { IndexParameters } from "../../vector/index-parameters.ts";
import { serveThread } from "../thread/serve-thread.ts";

/** What the thread that builds a trial's graph is started with, and what it answers. */
export interface GraphThreadData {
  /** An empty folder. */
  folder: string;
  parameters: IndexParameters;
  dimension: number;
  vectorCount: number;
  threads: number;
}
export interface GraphThreadAnswer {
  buildMs: number;
}

await serveThread<GraphThreadData, GraphThreadAnswer>(async (data, { signal, progress, next }) => {
  const begin = performance.now();
  await buildVectorIndex({ ...data, blocks: blocks(next), progress, signal });
  return { buildMs: performance.now() - begin };
});

async function* blocks(next: () => Promise<Float32Array | undefined>): AsyncGenerator<VectorBlock> {
  for (let vectors = await next(); vectors !== undefined; vectors = await next()) yield { vectors };
}

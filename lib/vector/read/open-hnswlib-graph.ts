import { loadHnswlib } from "../format/load-hnswlib.ts";
import type { Graph } from "./graph.ts";
import { damagedIndex } from "./vector-index-errors.ts";

/** Reads an hnswlib file into memory, on the engine's own thread; the engine checks the file's structure itself. */
export async function openHnswlibGraph(path: string, dimension: number, vectorCount: number): Promise<Graph> {
  const { HierarchicalNSW } = await loadHnswlib();
  const index = new HierarchicalNSW("cosine", dimension);
  await index.readIndex(path).catch((cause: unknown) => {
    throw damagedIndex(`${path} cannot be opened.`, cause);
  });
  if (index.getCurrentCount() !== vectorCount) {
    throw damagedIndex(`${path} holds ${index.getCurrentCount()} vectors instead of ${vectorCount}.`);
  }
  return {
    candidates(query, wanted) {
      index.setEf(wanted);
      return index.searchKnn(Array.from(query), wanted).neighbors;
    },
  };
}

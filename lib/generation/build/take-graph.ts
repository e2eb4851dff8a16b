import { rm, stat } from "node:fs/promises";
import path from "node:path";
import { DomainError } from "../../errors/domain-error.ts";
import { checksumFile } from "../../storage/checksum.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { vectorFiles } from "../../vector/format/vector-files.ts";

/** A graph that was built before, by the same parameters as are asked for. */
export interface BuiltGraph {
  /** Where its file is in the bucket. */
  key: string;
  /** What the file is called in the folder of an index. */
  name: string;
  byteCount: number;
  checksum: string;
  vectorCount: number;
  /** Of the file of the vectors that it was built over, which tells their order as well. */
  vectorsChecksum: string;
  buildMs: number;
}

/**
 * Gives the vectors in the folder the graph that was built over the very same ones, if it is there and as it was
 * written. The file is the bucket's own, by a second name.
 */
export async function takeGraph(options: {
  store: ObjectStore;
  /** Holds `vectors.parquet`. */
  folder: string;
  graphs: readonly BuiltGraph[];
  signal?: AbortSignal | undefined;
}): Promise<BuiltGraph | undefined> {
  const { store, folder, graphs, signal } = options;
  const checksum = (file: string) => checksumFile(path.join(folder, file), signal ? { signal } : {});
  const vectors = await checksum(vectorFiles.parquet);
  const graph = graphs.find(({ vectorsChecksum }) => vectorsChecksum === vectors);
  if (graph === undefined || !(await linkGraph(store, graph, folder))) return undefined;
  const target = path.join(folder, graph.name);
  const isIntact =
    (await stat(target)).size === graph.byteCount && (await checksum(graph.name)) === graph.checksum;
  if (isIntact) return graph;
  await rm(target);
  return undefined;
}

/** False where the cache has let go of it meanwhile. */
async function linkGraph(store: ObjectStore, { key, name }: BuiltGraph, folder: string): Promise<boolean> {
  try {
    await store.reuse(key, path.join(folder, name));
    return true;
  } catch (error) {
    if (error instanceof DomainError && error.type === "object-missing") return false;
    throw error;
  }
}

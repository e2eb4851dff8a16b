import type { Contender } from "./contender.ts";

/** Every row, in the order in which the tables show them. An engine is loaded by the process that measures it only. */
const contenders: Record<string, () => Promise<Contender>> = {
  exact: async () => (await import("./exact-contender.ts")).exactContender,
  "usearch-f32": async () => (await import("./usearch-contender.ts")).usearchContender("f32"),
  "usearch-bf16": async () => (await import("./usearch-contender.ts")).usearchContender("bf16"),
  "usearch-i8": async () => (await import("./usearch-contender.ts")).usearchContender("i8"),
  hnswlib: async () => (await import("./hnswlib-contender.ts")).hnswlibContender,
  "lance-flat": async () => (await import("./lance-contender.ts")).lanceContender("flat"),
  "lance-ivf_hnsw_sq": async () => (await import("./lance-contender.ts")).lanceContender("ivf_hnsw_sq"),
  "lance-ivf_rq": async () => (await import("./lance-contender.ts")).lanceContender("ivf_rq"),
  "lance-ivf_pq": async () => (await import("./lance-contender.ts")).lanceContender("ivf_pq"),
  "library-hnsw": async () => (await import("./library-contender.ts")).libraryContender("hnsw"),
  "library-ivf_hnsw_sq": async () => (await import("./library-contender.ts")).libraryContender("ivf_hnsw_sq"),
  "library-ivf_rq": async () => (await import("./library-contender.ts")).libraryContender("ivf_rq"),
  "server-hnsw": async () => (await import("./server-contender.ts")).serverContender("hnsw"),
  "server-ivf_hnsw_sq": async () => (await import("./server-contender.ts")).serverContender("ivf_hnsw_sq"),
  "server-ivf_rq": async () => (await import("./server-contender.ts")).serverContender("ivf_rq"),
};

export const rowNames = Object.keys(contenders);

export async function loadContender(name: string): Promise<Contender> {
  const load = contenders[name];
  if (load === undefined) throw new Error(`There is no row ${name}; the rows are ${rowNames.join(", ")}.`);
  return load();
}

import { z } from "zod";

/** Graph in memory over Parquet vectors. `usearch` unless a reason speaks for the second engine. */
const HnswParameters = z.strictObject({
  backend: z.literal("hnsw"),
  engine: z.enum(["usearch", "hnswlib"]).default("usearch"),
  /** Anything but `f32` is searched in the graph, then reranked exactly from the stored vectors. */
  quantization: z.enum(["f32", "bf16", "i8"]).default("i8"),
  connectivity: z.int().min(4).max(128).default(16),
  expansionBuild: z.int().min(8).max(2048).default(128),
  expansionSearch: z.int().min(8).max(4096).default(64),
});

/** A Lance table with one of its own vector indexes. Absent numbers follow from the row count (see `lance-plan.ts`). */
const LanceParameters = z.strictObject({
  backend: z.literal("lance"),
  kind: z.enum(["ivf_hnsw_sq", "ivf_rq", "ivf_pq", "flat"]).default("ivf_hnsw_sq"),
  partitions: z.int().positive().optional(),
  subVectors: z.int().positive().optional(),
  connectivity: z.int().min(4).max(128).default(16),
  expansionBuild: z.int().min(8).max(2048).default(150),
  expansionSearch: z.int().min(8).max(4096).default(128),
  probes: z.int().positive().optional(),
  refineFactor: z.int().min(1).max(100).default(5),
});

/** How one index is built and searched; kept whole in the generation's manifest. */
export const IndexParameters = z.discriminatedUnion("backend", [HnswParameters, LanceParameters]);
export type IndexParameters = z.infer<typeof IndexParameters>;
export type HnswParameters = z.infer<typeof HnswParameters>;
export type LanceParameters = z.infer<typeof LanceParameters>;

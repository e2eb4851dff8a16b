import { z } from "zod";
import { IndexParameters } from "../vector/index-parameters.ts";

/** What an index is: document of the commit log `indexes/<name>/definition/`. A change makes the next build differ. */
export const IndexDefinition = z.strictObject({
  schemaVersion: z.literal(1),
  index: z.string(),
  dataset: z.string(),
  textColumns: z.array(z.string()).min(1),
  metadataColumns: z.array(z.string()),
  embedderId: z.string(),
  /** The pipeline that holds its chunks; its first one where it is not given. No build differs by it. */
  pipeline: z.string().optional(),
  /** Where the rows bring their vectors with them: the column of 32-bit floats, and how many each has. */
  vectors: z.strictObject({ column: z.string(), dimension: z.int().positive() }).optional(),
  chunking: z.strictObject({ size: z.int().min(32).max(32_768), overlap: z.int().nonnegative() }),
  parameters: IndexParameters,
  /** A metadata column whose values get segments of their own, so that a filter on it searches only those. */
  shardBy: z.string().optional(),
  /** How hybrid search joins both rankings; see `docs/benchmarks.md` for why lexical leads with the hashing embedder. */
  fusion: z.strictObject({ method: z.enum(["weighted", "rrf"]), lexicalWeight: z.number().min(0).max(1) }),
});
export type IndexDefinition = z.infer<typeof IndexDefinition>;

import { z } from "zod";
import { IndexParameters } from "../vector/index-parameters.ts";
import { Accounting } from "./accounting.ts";

const GenerationFile = z.strictObject({
  path: z.string(),
  byteCount: z.int().nonnegative(),
  checksum: z.string(),
});

/** `indexes/<index>/generations/<generation>/manifest.json`, written last: without it the generation does not exist. */
export const GenerationManifest = z.strictObject({
  schemaVersion: z.literal(1),
  generation: z.string(),
  index: z.string(),
  dataset: z.string(),
  datasetVersion: z.int().positive(),
  snapshot: z.strictObject({ documentsTableVersion: z.int().nonnegative() }),
  sourceRowCount: z.int().nonnegative(),
  vectorCount: z.int().nonnegative(),
  backend: z.enum(["hnsw", "lance"]),
  embedderId: z.string(),
  modelId: z.string(),
  modelRevision: z.string(),
  dimension: z.int().positive(),
  metric: z.literal("cosine"),
  textColumns: z.array(z.string()),
  metadataColumns: z.array(z.strictObject({ name: z.string(), type: z.string() })),
  parameters: IndexParameters,
  fusion: z.strictObject({ method: z.enum(["weighted", "rrf"]), lexicalWeight: z.number().min(0).max(1) }),
  accounting: Accounting,
  buildDurationMs: z.number().nonnegative(),
  builtAt: z.string(),
  builderVersion: z.string(),
  /** Every file of the generation but this one, with paths relative to its folder. */
  files: z.array(GenerationFile),
});
export type GenerationManifest = z.infer<typeof GenerationManifest>;

import { z } from "zod";
import { IndexParameters } from "../vector/index-parameters.ts";
import { SearchCurves } from "../vector/search-curves.ts";
import { Accounting } from "./accounting.ts";
import { rowStoreFile } from "./format/row-store-layout.ts";

const GenerationFile = z.strictObject({
  path: z.string(),
  byteCount: z.int().nonnegative(),
  checksum: z.string(),
});
export type GenerationFile = z.infer<typeof GenerationFile>;

/** A part of a generation with its own vectors, words and rows; an appended generation shares its parent's. */
const Segment = z.strictObject({
  /** Its folder inside the generation's, or `""` where its files lie in the generation's own. */
  folder: z.string(),
  /** Dead chunks included. */
  chunkCount: z.int().nonnegative(),
  /** Chunks of rows that the dataset lost after the segment was written; they are in no answer and no figure. */
  deadCount: z.int().nonnegative(),
  /** Words in the dead chunks, as the word index counts them. */
  deadTokenCount: z.int().nonnegative(),
  /** Written by an append: the next full build, or the next fold, takes it in. */
  appended: z.boolean(),
  /** It has no graph and no lists, and is compared whole by every search. */
  flat: z.boolean(),
  /** The value of the index's `shardBy` column in all of its rows; null where it holds several. */
  shard: z.string().nullable(),
});
export type Segment = z.infer<typeof Segment>;

const shared = {
  generation: z.string(),
  index: z.string(),
  dataset: z.string(),
  datasetVersion: z.int().positive(),
  /** What was read of which pipeline; its first one where it is not named. */
  snapshot: z.strictObject({ documentsTableVersion: z.int().nonnegative(), pipeline: z.string().optional() }),
  sourceRowCount: z.int().nonnegative(),
  /** Living chunks. */
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
  /** What the build measured of its own index; searches are planned by it. */
  curves: SearchCurves.optional(),
  fusion: z.strictObject({ method: z.enum(["weighted", "rrf"]), lexicalWeight: z.number().min(0).max(1) }),
  accounting: Accounting,
  buildDurationMs: z.number().nonnegative(),
  /** What all vectors of its pipeline had cost until then; absent where nobody counted. */
  spentUsd: z.number().nonnegative().optional(),
  /** What of that came since the generation that served when this one was built; null where it is not known. */
  costUsd: z.number().nonnegative().nullable().optional(),
  /** The file that is its graph, and how long somebody else built it: `buildDurationMs` holds nothing of that. */
  takenGraph: z.strictObject({ key: z.string(), buildMs: z.number() }).optional(),
  builtAt: z.string(),
  builderVersion: z.string(),
  /** Every file of the generation but this one, with paths relative to its folder. */
  files: z.array(GenerationFile),
};

const SegmentedManifest = z.strictObject({
  schemaVersion: z.literal(2),
  ...shared,
  segments: z.array(Segment).min(1),
  /** Where the ledger of rows is. */
  ledger: z.string(),
  /** The generation whose segments this one shares; null where everything in it was built anew. */
  parent: z.string().nullable(),
  /** What the pipeline's chunks were made by; only generations of one such setting can share segments. */
  pipelineSettings: z.string(),
});
export type GenerationManifest = z.infer<typeof SegmentedManifest>;

/** Generations of before segments: all files in one folder, the ledger beside the rows. */
const WholeManifest = z
  .strictObject({ schemaVersion: z.literal(1), ...shared })
  .transform((manifest): GenerationManifest => {
    const segment: Segment = {
      folder: "",
      chunkCount: manifest.vectorCount,
      deadCount: 0,
      deadTokenCount: 0,
      appended: false,
      flat: false,
      shard: null,
    };
    const rest = { segments: [segment], ledger: rowStoreFile, parent: null, pipelineSettings: "" };
    return { ...manifest, schemaVersion: 2, ...rest };
  });

/** `indexes/<index>/generations/<generation>/manifest.json`, written last: without it the generation does not exist. */
export const GenerationManifest = z.union([SegmentedManifest, WholeManifest]);

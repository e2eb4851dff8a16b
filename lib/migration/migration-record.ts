import { z } from "zod";
import { IndexDefinition } from "../generation/index-definition.ts";
import { type CommitLog, openCommitLog } from "../storage/commit-log.ts";
import type { ObjectStore } from "../storage/object-store.ts";

/**
 * How far a change of an index's model is. `cutting-over` and `rolling-back` are on disk before anything that serves
 * changes, so that whatever dies in between is finished by whoever looks next.
 */
export const MigrationState = z.enum([
  "sampling",
  "sampled",
  "shadow",
  "ready",
  "cutting-over",
  "cut-over",
  "rolling-back",
  "rolled-back",
  "done",
  "abandoned",
]);
export type MigrationState = z.infer<typeof MigrationState>;

/** What of an index's definition is its model's. */
export const IndexModel = IndexDefinition.pick({
  embedderId: true,
  pipeline: true,
  vectors: true,
  fusion: true,
});
export type IndexModel = z.infer<typeof IndexModel>;

/** What is expected, and between what it lies by 95 %. */
export const Interval = z.strictObject({ expected: z.number(), low: z.number(), high: z.number() });
export type Interval = z.infer<typeof Interval>;

export const QualityPrediction = z.strictObject({
  /** Judged queries of an eval set, or passages of sampled chunks that must find their document again. */
  source: z.enum(["eval-set", "held-out"]),
  queries: z.int(),
  /** Documents that the queries were ranked among: those of the sample. */
  documents: z.int(),
  /** Mean reciprocal rank by vectors alone, of the model that serves and of the new one. */
  before: z.number(),
  after: z.number(),
  /** Of the same queries by both. */
  difference: Interval,
});
export type QualityPrediction = z.infer<typeof QualityPrediction>;

export const Prediction = z.strictObject({
  chunks: z.int(),
  /** Different texts that have no vector of the new model yet. */
  toEmbed: z.int(),
  sample: z.strictObject({
    chunks: z.int(),
    strata: z.int(),
    embedded: z.int(),
    failed: z.int(),
    tokens: z.int(),
    costUsd: z.number(),
    seconds: z.number(),
  }),
  /** Of what is left to embed; null where too little was embedded to tell. */
  tokens: Interval.nullable(),
  costUsd: Interval.nullable(),
  /** Of embedding, at the pace of the sample and within the provider's limits; a build and its gate come on top. */
  seconds: Interval.nullable(),
  /** Null where nothing could be compared. */
  quality: QualityPrediction.nullable(),
});
export type Prediction = z.infer<typeof Prediction>;

/** One change of an index's model, as far as it is. Document of the commit log `indexes/<name>/migrations/`. */
export const Migration = z.strictObject({
  schemaVersion: z.literal(1),
  id: z.string(),
  index: z.string(),
  state: MigrationState,
  from: IndexModel,
  to: IndexModel,
  sample: z.strictObject({ share: z.number(), seed: z.int(), evalSet: z.string().optional() }),
  actor: z.string(),
  reason: z.string(),
  /** The request that last worked on it. */
  intent: z.string(),
  prediction: Prediction.optional(),
  /** What was built by the new model and has passed the gate. */
  shadow: z.strictObject({ generation: z.string(), datasetVersion: z.int() }).optional(),
  cutover: z
    .strictObject({ at: z.string(), actor: z.string(), previous: z.string(), rollbackUntil: z.string() })
    .optional(),
});
export type Migration = z.infer<typeof Migration>;

/** The commit log of an index's migrations; its head is the newest of them, and only one is open at a time. */
export function migrationLog(store: ObjectStore, index: string): CommitLog<Migration> {
  return openCommitLog({ store, prefix: `indexes/${index}/migrations/`, schema: Migration });
}

/** The definition as it is with this model: everything else, today's, stays. */
export function withModel(definition: IndexDefinition, model: IndexModel): IndexDefinition {
  const {
    embedderId: _embedder,
    pipeline: _pipeline,
    vectors: _vectors,
    fusion: _fusion,
    ...rest
  } = definition;
  return { ...rest, ...model };
}

export function modelOf({ embedderId, pipeline, vectors, fusion }: IndexDefinition): IndexModel {
  return {
    embedderId,
    ...(pipeline === undefined ? {} : { pipeline }),
    ...(vectors === undefined ? {} : { vectors }),
    fusion,
  };
}

import { EvalSetName } from "@lakefleet/queues/names.ts";
import { z } from "zod";

/** More would make one measurement take minutes, and narrow its interval by less than a tenth of a percent. */
export const queriesMax = 10_000;
/** The longest chunk that an index may have, so that every chunk can be a query. */
export const queryTextMax = 32_768;
/** As many judgements as pooled collections have for one topic, ten times over. */
export const judgementsMax = 20_000;
export const idLengthMax = 1_000;

const Id = z.string().min(1).max(idLengthMax);
/** 0 or less: judged, and not relevant. */
const Grade = z.int().min(-100).max(100);

/** Where the queries come from. */
export const EvalSource = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("held-out"),
    index: z.string(),
    generation: z.string(),
    seed: z.int(),
    /** The metadata column over whose values the queries are spread. */
    strata: z.string().optional(),
  }),
  z.strictObject({ kind: z.literal("trec") }),
  z.strictObject({ kind: z.literal("json") }),
]);
export type EvalSource = z.infer<typeof EvalSource>;

/** A query without its vector: what is the same in a request and in storage. */
export const QueryFields = z.strictObject({
  id: Id,
  text: z.string().min(1).max(queryTextMax).optional(),
  /** The `doc_id` that must not be in the ranking by which this query is judged: the query was taken out of it. */
  exclude: Id.optional(),
  /** Grades by `doc_id`; above 0 is relevant. */
  judgements: z.record(Id, Grade).optional(),
});

export interface EvalQuery extends z.infer<typeof QueryFields> {
  /** Stands in for the text's own vector where it is given. */
  vector?: Float32Array | undefined;
}

/** A named set of queries to measure an index by. Each query has a text, a vector, or both. */
export interface EvalSet {
  schemaVersion: 1;
  name: string;
  source: EvalSource;
  queries: EvalQuery[];
}

/** As it is committed: a vector is its f32 values, little-endian, in base64, at a quarter of the size of decimals. */
export const StoredEvalSet = z.strictObject({
  schemaVersion: z.literal(1),
  name: EvalSetName,
  source: EvalSource,
  queries: z
    .array(QueryFields.extend({ vector: z.base64().optional() }))
    .min(1)
    .max(queriesMax),
});
export type StoredEvalSet = z.infer<typeof StoredEvalSet>;

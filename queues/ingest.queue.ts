import { z } from "zod";
import { defineQueue } from "./define-queue.ts";
import { DatasetName, IndexName, IntentId } from "./names.ts";

/** A relation of a database; its DSN stands under a name among the secrets, never here. */
const DatabaseSource = z.strictObject({
  kind: z.literal("database"),
  engine: z.enum(["postgres", "mysql"]),
  secret: z.string(),
  /** The secret was made for this request alone and goes with it. */
  once: z.boolean(),
  /** For messages: the table's name, or `query`. */
  name: z.string(),
  from: z.union([z.strictObject({ table: z.string() }), z.strictObject({ query: z.string() })]),
  columns: z.array(z.string()).optional(),
  orderBy: z.array(z.string()).optional(),
  limit: z.int().positive().optional(),
  cursor: z.string().optional(),
  batchSize: z.int().positive().optional(),
  timeoutMs: z.int().positive(),
});

const IngestSource = z.discriminatedUnion("kind", [
  /** One file that the fleet can read; `uploaded` files are removed once the rows are committed. */
  z.strictObject({ kind: z.literal("file"), path: z.string(), name: z.string(), uploaded: z.boolean() }),
  /** Every readable file below a folder, one row each. */
  z.strictObject({ kind: z.literal("folder"), path: z.string(), name: z.string() }),
  /** Files below a folder that changed or went, by the names in `list`, which is removed once the rows are committed. */
  z.strictObject({ kind: z.literal("changes"), path: z.string(), name: z.string(), list: z.string() }),
  /** Parquet, Arrow IPC or NPY whose rows bring their vectors; `ids` is a file with one id to a line. */
  z.strictObject({
    kind: z.literal("vectors"),
    path: z.string(),
    name: z.string(),
    uploaded: z.boolean(),
    ids: z.string().optional(),
    columns: z.strictObject({
      vector: z.string(),
      id: z.string().optional(),
      text: z.string().optional(),
      metadata: z.array(z.string()).max(256),
    }),
  }),
  DatabaseSource,
]);

const IndexSettings = z.strictObject({
  name: IndexName,
  backend: z.enum(["hnsw", "lance"]).optional(),
  embedderId: z.string().max(200).optional(),
  /** The column of the vectors that the rows bring. */
  vectorColumn: z.string().optional(),
  chunkSize: z.int().min(32).max(32_768).optional(),
  overlap: z.int().nonnegative().max(16_384).optional(),
});

/** Turn a file or a folder into one new version of a dataset. Fed by the API, the CLI and the watcher, feeds `embed`. */
export const ingestQueue = defineQueue({
  name: "ingest",
  payload: z.strictObject({
    intent: IntentId,
    source: IngestSource,
    dataset: DatasetName,
    mode: z.enum(["replace", "append", "upsert", "sync", "delete"]),
    key: z.string().optional(),
    onError: z.enum(["refuse", "skip"]),
    idColumn: z.string().optional(),
    textColumns: z.array(z.string()).max(64),
    metadataColumns: z.array(z.string()).max(256),
    /** What the rows and all later ones must keep to, checked when it was asked for and again before the rows are. */
    contract: z.record(z.string(), z.unknown()).optional(),
    /** The index to bring up to date; absent for a dataset only. Absent settings keep what the index has. */
    index: IndexSettings.optional(),
  }),
  result: z.strictObject({
    dataset: DatasetName,
    version: z.int(),
    noop: z.boolean(),
    rows: z.int(),
    rowsAdded: z.int(),
    rowsUpdated: z.int(),
    rowsRemoved: z.int(),
    rowsRejected: z.int(),
    rowsUnchanged: z.int().optional(),
    rejectsKey: z.string().optional(),
    /** How the columns were others than the dataset had, in words. */
    drift: z.string().optional(),
    /** Values of a database that could not be kept as they were. */
    notes: z.array(z.strictObject({ column: z.string(), reason: z.string(), count: z.int() })).optional(),
  }),
  jobId: (payload) => `${payload.intent}.ingest`,
  // A refused file does not retry; what does is a full disk or a lost commit race, which seconds can mend.
  options: { attempts: 5, backoff: { type: "exponential", delay: 1_000, jitter: 0.5 } },
  // A terabyte at 100 MB/s takes three hours; past twice that a run is stuck.
  timeoutMs: 6 * 3_600_000,
});

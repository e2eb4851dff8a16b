import { z } from "zod";
import { DomainError } from "../errors/domain-error.ts";
import { arrowTable, textColumn, timeColumn } from "./arrow-columns.ts";
import { textValues } from "./arrow-values.ts";
import { metaSchema } from "./pipeline-schema.ts";
import type { Pipeline } from "./pipeline-tables.ts";

/** What the `meta` table says about the others: one line each, the value as JSON. */
const MetaValues = z.object({
  /** The dataset version that `documents` holds whole. */
  synced_dataset_version: z.int().optional(),
  /** The greatest row id that this version had given away; every live row up to it is in `documents`. */
  synced_row_id_max: z.int().optional(),
  /** Keys of that version's files: where all are still there, no row has died but by a new tombstone. */
  synced_files: z.object({ files: z.array(z.string()), tombstones: z.array(z.string()) }).optional(),
  /** Hash of what shapes the chunks; under another one every chunk is made anew. */
  settings_hash: z.string().optional(),
  /** Set while rows are being added and removed: what it names may be there in part. Null when done. */
  syncing_to: z.int().nullable().optional(),
  /** The embedder of the vectors in `documents`. */
  embedder_id: z.string().optional(),
  dimension: z.int().optional(),
  /** What its vectors have cost so far; absent where they came with the rows, or were not counted from the first one on. */
  spent_usd: z.number().optional(),
});
export type MetaValues = z.infer<typeof MetaValues>;

/** Throws `corrupt`, `pipeline-meta`, where the table holds what this version of the program cannot read. */
export async function readMeta(pipeline: Pipeline): Promise<MetaValues> {
  const entries: [string, unknown][] = [];
  for await (const batch of pipeline.meta.query().select(["key", "value"])) {
    const values = textValues(batch, "value");
    for (const [index, key] of textValues(batch, "key").entries()) {
      entries.push([key, parseJson(values[index] ?? "")]);
    }
  }
  const parsed = MetaValues.safeParse(Object.fromEntries(entries));
  if (parsed.success) return parsed.data;
  throw new DomainError({
    kind: "corrupt",
    type: "pipeline-meta",
    message: `The meta table of index "${pipeline.index}" cannot be read.`,
    remedy: "Remove the index's pipeline folder; the next run makes it again from the dataset.",
    cause: parsed.error,
  });
}

/** Replaces the given values in one commit. The caller holds the step lock. */
export async function writeMeta(pipeline: Pipeline, values: MetaValues): Promise<void> {
  const entries = Object.entries(values);
  const keys = entries.map(([key]) => key);
  const rows = arrowTable(metaSchema, [
    textColumn(keys),
    textColumn(entries.map(([, value]) => JSON.stringify(value))),
    timeColumn(keys.map(() => Date.now())),
  ]);
  await pipeline.meta
    .mergeInsert("key")
    .whenMatchedUpdateAll()
    .whenNotMatchedInsertAll()
    .useIndex(false)
    .execute(rows);
}

/** Counts what was paid for vectors, where that is counted. The caller holds the step lock. */
export async function addSpent(pipeline: Pipeline, costUsd: number): Promise<void> {
  if (costUsd === 0) return;
  const { spent_usd: before } = await readMeta(pipeline);
  if (before !== undefined) await writeMeta(pipeline, { spent_usd: before + costUsd });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

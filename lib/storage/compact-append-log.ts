import type { z } from "zod";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { readChosenSegments } from "./append-reader.ts";
import type { Segment } from "./append-segment.ts";
import { replaceSegments } from "./replace-segments.ts";

export interface CompactOptions<T> {
  folder: string;
  schema: z.ZodType<T>;
  /** Whether a record is still needed. It must say true of every record that it does not know to be finished. */
  keep: (record: T) => boolean;
  telemetry?: Telemetry;
  signal?: AbortSignal;
}

export interface Compaction {
  kept: number;
  dropped: number;
  segmentsRemoved: number;
}

/**
 * Rewrites the segments that no writer will touch again into one that holds only the records to keep, then removes
 * them. A kill at any point loses no record; it may leave some twice, in their old order both times, so records must
 * mean the same when they are read again. Records that end in a torn tail are gone, as for any reader.
 */
export async function compactAppendLog<T>(options: CompactOptions<T>): Promise<Compaction> {
  const { folder, schema, keep, signal } = options;
  const counts = { kept: 0, dropped: 0 };
  const rewrite = async function* (closed: Segment[]) {
    for await (const record of readChosenSegments(options, closed)) {
      signal?.throwIfAborted();
      const isKept = keep(record);
      counts[isKept ? "kept" : "dropped"] += 1;
      if (isKept) yield record;
    }
  };
  const segmentsRemoved = await replaceSegments({ folder, schema, rewrite, signal });
  return { ...counts, segmentsRemoved };
}

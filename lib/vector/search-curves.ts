import { z } from "zod";

const Milliseconds = z.number().nonnegative();
const Share = z.number().min(0).max(1);

/**
 * What searching one index costs and finds, measured when it was built: from this every search is planned. Where there
 * are none, those of a plain machine at 768 values stand in (`curve-model.ts`).
 */
export const SearchCurves = z.strictObject({
  /** Of the index that was measured. */
  vectorCount: z.int().nonnegative(),
  /** Comparing rows exactly, away from the calling thread: once, and for each row that may match. */
  exact: z.strictObject({ startMs: Milliseconds, rowMs: Milliseconds }),
  /** The same on the calling thread; only the graph backend does that. */
  inlineRowMs: Milliseconds.optional(),
  /** Unfiltered searches by effort, ascending: the median time, and recall of the best ten. */
  indexed: z.array(z.strictObject({ effort: z.int().positive(), ms: Milliseconds, recall: Share })).max(20),
  /** Of the neighbours at ranks up to `depth`, from the entry before on, how many an effort finds: filters lead there. */
  deep: z
    .array(z.strictObject({ effort: z.int().positive(), depth: z.int().positive(), recall: Share }))
    .max(200),
  /** Where the engine itself filters: searches under a filter that takes the nearest rows away and lets this share pass. */
  filtered: z
    .array(
      z.strictObject({ selectivity: Share, effort: z.int().positive(), ms: Milliseconds, recall: Share }),
    )
    .max(40),
});
export type SearchCurves = z.infer<typeof SearchCurves>;

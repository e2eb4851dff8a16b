import { z } from "zod";
import { EvalSource } from "./eval-set.ts";
import type { CommittedEvalSet } from "./eval-set-log.ts";

/** An eval set as people ask about it. */
export const EvalSetSummary = z.object({
  name: z.string(),
  version: z.int(),
  checksum: z.string(),
  at: z.string(),
  source: EvalSource,
  query_count: z.int(),
  /** Queries with judgements: hit@k and MRR are measured on these. */
  judged_count: z.int(),
  /** Queries that leave a document out of the ranking they judge. */
  excluding_count: z.int(),
});
export type EvalSetSummary = z.infer<typeof EvalSetSummary>;

export function describeEvalSet({ set, checksum, version, at }: CommittedEvalSet): EvalSetSummary {
  const { name, source, queries } = set;
  return {
    ...{ name, version, checksum, at, source },
    query_count: queries.length,
    judged_count: queries.filter(({ judgements }) => judgements !== undefined).length,
    excluding_count: queries.filter(({ exclude }) => exclude !== undefined).length,
  };
}

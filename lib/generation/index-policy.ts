import { z } from "zod";
import { type CommitLog, openCommitLog } from "../storage/commit-log.ts";
import type { ObjectStore } from "../storage/object-store.ts";

/** What a generation must reach before it may serve. Limits that are absent are measured and reported, not enforced. */
export const GateThresholds = z.strictObject({
  /** Below this share of the exact answers, people notice what is missing; a build aims at 0.98. */
  recallMin: z.number().min(0).max(1).default(0.9),
  /** The same under filters that let 50 %, 10 % and 1 % of the chunks pass. */
  filteredRecallMin: z.number().min(0).max(1).default(0.9),
  /** Share of judged queries with a relevant hit among the first ten. */
  hitMin: z.number().min(0).max(1).optional(),
  meanReciprocalRankMin: z.number().min(0).max(1).optional(),
  p50MsMax: z.number().positive().optional(),
  p95MsMax: z.number().positive().optional(),
  openMsMax: z.number().positive().optional(),
  memoryMibMax: z.number().positive().optional(),
});
export type GateThresholds = z.infer<typeof GateThresholds>;

const Retention = z.strictObject({
  /** Generations that stay whatever their age: the active one and the one before it always do. */
  keep: z.int().min(2).max(1_000).default(3),
  /** Older ones go although fewer than `keep` are left. */
  ageDaysMax: z.number().positive().optional(),
  pinned: z.array(z.string()).max(100).default([]),
});
export type Retention = z.infer<typeof Retention>;

/** How one index is judged and kept; it changes no generation. Document of the commit log `indexes/<name>/policy/`. */
export const IndexPolicy = z.strictObject({
  schemaVersion: z.literal(1),
  gates: GateThresholds.prefault({}),
  retention: Retention.prefault({}),
  /** The eval set that its generations are judged by; without one, by stored vectors of the generation itself. */
  evalSet: z.string().optional(),
});
export type IndexPolicy = z.infer<typeof IndexPolicy>;

export function policyLog(store: ObjectStore, index: string): CommitLog<IndexPolicy> {
  return openCommitLog({ store, prefix: `indexes/${index}/policy/`, schema: IndexPolicy });
}

/** The policy of an index, or the defaults where none was set. */
export async function readPolicy(store: ObjectStore, index: string): Promise<IndexPolicy> {
  const head = await policyLog(store, index).head();
  return head?.document ?? IndexPolicy.parse({ schemaVersion: 1 });
}

import { z } from "zod";
import { datasetKeys } from "../dataset/dataset-keys.ts";
import { type CommitLog, openCommitLog } from "../storage/commit-log.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { isCronExpression, isTimezone } from "./cron.ts";

/** When the indexes of a dataset follow its rows by themselves. */
export const RefreshPolicy = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("manual") }),
  /** As soon as no write has come for `debounce_ms`, and at the latest ten times as long after the first. */
  z.strictObject({
    kind: z.literal("on-append"),
    debounce_ms: z.int().min(0).max(3_600_000).default(2_000),
  }),
  z.strictObject({
    kind: z.literal("cron"),
    cron: z.string().max(200).refine(isCronExpression, "is no cron expression, such as 0 3 * * *"),
    timezone: z.string().max(100).refine(isTimezone, "is no time zone, such as Europe/Vienna").default("UTC"),
  }),
]);
export type RefreshPolicy = z.infer<typeof RefreshPolicy>;

/** Writes are searchable soon unless somebody asks for something else. */
export const defaultPolicy: RefreshPolicy = { kind: "on-append", debounce_ms: 2_000 };

const PolicyDocument = z.strictObject({ schemaVersion: z.literal(1), policy: RefreshPolicy });
export type PolicyDocument = z.infer<typeof PolicyDocument>;

/** The commit log `datasets/<name>/refresh/`. */
export function refreshPolicyLog(store: ObjectStore, dataset: string): CommitLog<PolicyDocument> {
  return openCommitLog({ store, prefix: datasetKeys(dataset).refreshPolicy, schema: PolicyDocument });
}

export async function readRefreshPolicy(store: ObjectStore, dataset: string): Promise<RefreshPolicy> {
  return (await refreshPolicyLog(store, dataset).head())?.document.policy ?? defaultPolicy;
}

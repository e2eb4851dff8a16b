import path from "node:path";
import { z } from "zod";
import { type DailyLog, dayMs, openDailyLog } from "../storage/daily-log.ts";
import type { LocalStore } from "../storage/local-store.ts";

/** What happened to a profile or under it. Names and numbers only: never what somebody searched for. */
export const AuditRecord = z.strictObject({
  at: z.string(),
  event: z.enum([
    "created",
    "changed",
    "deleted",
    "activated",
    "loaded",
    "superseded",
    "deactivated",
    "refused",
  ]),
  actor: z.string().nullable(),
  /** Of the profile, where it was edited. */
  version: z.int().optional(),
  activation: z.int().optional(),
  /** Which models came into memory and which left it. */
  loaded: z.array(z.string()).optional(),
  unloaded: z.array(z.string()).optional(),
  /** Of a refusal: the route's pattern, never the path that was asked for, and of what kind it asked too much. */
  route: z.string().optional(),
  kind: z.string().optional(),
});
export type AuditRecord = z.infer<typeof AuditRecord>;

type AuditEntry = Omit<AuditRecord, "at" | "actor"> & { actor?: string };

/** This process' writing side of the audits of all profiles: `profiles/audit/<id>/`, an append log for each UTC day. */
export interface ProfileAudit {
  /** Adds one record; it is on disk when the promise resolves. */
  append(id: string, entry: AuditEntry): Promise<void>;
  close(): Promise<void>;
}

/** Holds a file or two open for each profile that something was written of. */
export function openProfileAudit(store: LocalStore): ProfileAudit {
  const logs = new Map<string, DailyLog<AuditRecord>>();
  return {
    async append(id, { actor = null, ...entry }) {
      const log = logs.get(id) ?? openDailyLog({ folder: auditFolder(store, id), schema: AuditRecord });
      logs.set(id, log);
      const now = new Date();
      await log.append(Math.floor(now.getTime() / dayMs), { at: now.toISOString(), actor, ...entry });
    },
    async close() {
      for (const log of logs.values()) await log.close();
      logs.clear();
    },
  };
}

export function auditFolder({ root }: LocalStore, id: string): string {
  return path.join(root, "profiles", "audit", id);
}

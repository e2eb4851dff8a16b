import path from "node:path";
import { z } from "zod";
import { type AppendLog, openAppendLog, readAppendLog } from "../storage/append-log.ts";
import type { LocalStore } from "../storage/local-store.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";

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

/** This process' writing side of the audits of all profiles: append logs `profiles/audit/<id>/`. */
export interface ProfileAudit {
  /** Adds one record; it is on disk when the promise resolves. */
  append(id: string, entry: AuditEntry): Promise<void>;
  close(): Promise<void>;
}

/** Holds a file open for each profile that something was written of. */
export function openProfileAudit(store: LocalStore): ProfileAudit {
  const logs = new Map<string, Promise<AppendLog<AuditRecord>>>();
  const logOf = (id: string) => {
    const known = logs.get(id);
    if (known !== undefined) return known;
    const log = openAppendLog({ folder: auditFolder(store, id), schema: AuditRecord });
    logs.set(id, log);
    // One that could not be opened is tried again with the next record.
    log.catch(() => logs.delete(id));
    return log;
  };
  return {
    async append(id, { actor = null, ...entry }) {
      const log = await logOf(id);
      await log.append({ at: new Date().toISOString(), actor, ...entry });
    },
    async close() {
      for (const log of logs.values()) await (await log).close();
      logs.clear();
    },
  };
}

/** The newest records of a profile's audit, newest first, and how many there are. */
export async function readAudit(options: {
  store: LocalStore;
  id: string;
  limit: number;
  telemetry: Telemetry;
}): Promise<{ records: AuditRecord[]; total: number }> {
  const { store, id, limit, telemetry } = options;
  const folder = auditFolder(store, id);
  const found = await Array.fromAsync(readAppendLog({ folder, schema: AuditRecord, telemetry }));
  found.sort((left, right) => (left.at < right.at ? -1 : 1));
  return { records: found.slice(-limit).reverse(), total: found.length };
}

function auditFolder({ root }: LocalStore, id: string): string {
  return path.join(root, "profiles", "audit", id);
}

import path from "node:path";
import { DomainError } from "../errors/domain-error.ts";
import { readAppendLog } from "../storage/append-log.ts";
import { canonicalJson } from "../storage/canonical-json.ts";
import type { LocalStore } from "../storage/local-store.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { AuditRecord, auditFolder } from "./profile-audit.ts";

export interface AuditPage {
  records: AuditRecord[];
  /** Where the next page begins; null after the oldest record. */
  next: string | null;
}

export interface AuditPageOptions {
  store: LocalStore;
  id: string;
  limit: number;
  /** The `next` of the page before. */
  before?: string | undefined;
  telemetry: Telemetry;
}

/** A page of a profile's audit, newest first. Reads the days that it takes its records from and no others. */
export async function readAuditPage(options: AuditPageOptions): Promise<AuditPage> {
  const { limit } = options;
  const mark = options.before === undefined ? undefined : decode(options.before);
  const found: AuditRecord[] = [];
  for (const folder of await listFolders(options, mark)) {
    found.push(...(await readNewest(folder, { mark, wanted: limit + 1 - found.length, ...options })));
    if (found.length > limit) break;
  }
  const records = found.slice(0, limit);
  return { records, next: found.length > limit ? encode(records, mark) : null };
}

/** The last record of a page: when it was written, and how many of that very millisecond have been shown. */
interface Mark {
  at: string;
  shown: number;
}

/** Newest first, and at last what was written before days had folders of their own. */
async function listFolders({ store, id }: AuditPageOptions, mark: Mark | undefined): Promise<string[]> {
  const folder = auditFolder(store, id);
  const names = await store.listFolders(`profiles/audit/${id}/`);
  const days = names.filter((name) => mark === undefined || name <= mark.at.slice(0, name.length));
  return [...days.toReversed().map((name) => path.join(folder, name)), folder];
}

async function readNewest(
  folder: string,
  { mark, wanted, telemetry }: { mark: Mark | undefined; wanted: number; telemetry: Telemetry },
): Promise<AuditRecord[]> {
  const shown = mark?.shown ?? 0;
  let newest: AuditRecord[] = [];
  for await (const record of readAppendLog({ folder, schema: AuditRecord, telemetry })) {
    if (mark !== undefined && record.at > mark.at) continue;
    newest.push(record);
    // So that a day of many refusals is never held as a whole.
    if (newest.length > 4 * (wanted + shown)) newest = newestFirst(newest).slice(0, wanted + shown);
  }
  const sorted = newestFirst(newest);
  return sorted.slice(sorted[0]?.at === mark?.at ? shown : 0).slice(0, wanted);
}

/** Those of one millisecond always stand in the same order, so that a mark can count them. */
function newestFirst(records: readonly AuditRecord[]): AuditRecord[] {
  const keyed = records.map((record) => ({ key: `${record.at} ${canonicalJson(record)}`, record }));
  return keyed.sort((left, right) => (left.key < right.key ? 1 : -1)).map(({ record }) => record);
}

function encode(records: readonly AuditRecord[], before: Mark | undefined): string {
  const at = records.at(-1)?.at ?? "";
  const shown = records.filter((record) => record.at === at).length + (before?.at === at ? before.shown : 0);
  return Buffer.from(`${at}\n${shown}`).toString("base64url");
}

function decode(text: string): Mark {
  const [, at, shown] =
    /^(\d{4}-\S+Z)\n(\d{1,5})$/.exec(Buffer.from(text, "base64url").toString("utf8")) ?? [];
  if (at !== undefined) return { at, shown: Number(shown) };
  throw new DomainError({
    kind: "invalid",
    type: "page-mark",
    field: "before",
    message: "This is no place in the audit.",
    remedy: "Give what an earlier page called next.",
  });
}

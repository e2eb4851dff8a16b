import { EvalSetName } from "@lakefleet/queues/names.ts";
import { DomainError } from "../errors/domain-error.ts";
import { canonicalJson } from "../storage/canonical-json.ts";
import { checksumBytes } from "../storage/checksum.ts";
import { type CommitLog, openCommitLog } from "../storage/commit-log.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { type EvalSet, StoredEvalSet } from "./eval-set.ts";

/** Parsed and hashed whole at every reading, so it has to stay small: about 50 ms. */
const setBytesMax = 16 * 1024 * 1024;

export interface CommittedEvalSet {
  set: EvalSet;
  /** Of the set's name, source and queries: two sets with one checksum give the same measurement. */
  checksum: string;
  /** The number of its commit; replacing a set makes the next one. */
  version: number;
  at: string;
}

/** The set as it is now; `not-found`, `eval-set-missing`, where there is none, `corrupt` where it is damaged. */
export async function readEvalSet(store: ObjectStore, name: string): Promise<CommittedEvalSet> {
  const head = EvalSetName.safeParse(name).success ? await evalSetLog(store, name).head() : undefined;
  if (head === undefined) throw missing(name);
  return { ...decodeSet(head.document), version: head.number, at: head.at };
}

/** Names of all eval sets, ascending. */
export async function listEvalSets(store: ObjectStore): Promise<string[]> {
  const names: string[] = [];
  for (const name of await store.listFolders("evals/")) {
    if (await evalSetLog(store, name).exists()) names.push(name);
  }
  return names;
}

/**
 * Makes the set, or its next version. The same set again commits nothing and says `reused`. Certificates and trials
 * name the checksum that they were measured by, so replacing a set rewrites no history.
 */
export async function commitEvalSet(
  store: ObjectStore,
  set: EvalSet,
): Promise<CommittedEvalSet & { reused: boolean }> {
  const stored = encodeSet(set);
  const checksum = checksumOf(stored);
  const log = evalSetLog(store, set.name);
  const commit = await log.commit((head) =>
    head !== undefined && checksumOf(head.document) === checksum ? undefined : stored,
  );
  if (commit !== undefined) return { set, checksum, version: commit.number, at: commit.at, reused: false };
  return { ...(await readEvalSet(store, set.name)), reused: true };
}

export function evalSetChecksum(set: EvalSet): string {
  return checksumOf(encodeSet(set));
}

function evalSetLog(store: ObjectStore, name: string): CommitLog<StoredEvalSet> {
  return openCommitLog({ store, prefix: `evals/${name}/sets/`, schema: StoredEvalSet });
}

function checksumOf(stored: StoredEvalSet): string {
  return checksumBytes(canonicalJson(stored));
}

function encodeSet(set: EvalSet): StoredEvalSet {
  const queries = set.queries.map(({ vector, ...query }) => ({
    ...query,
    ...(vector === undefined ? {} : { vector: encodeVector(vector) }),
  }));
  const text = JSON.stringify({ ...set, queries });
  if (text.length > setBytesMax) throw tooLarge(set.name);
  // What a later reader will see is what is hashed: no member without a value, and no name that a schema drops.
  return StoredEvalSet.parse(JSON.parse(text));
}

function decodeSet(stored: StoredEvalSet): { set: EvalSet; checksum: string } {
  const queries = stored.queries.map(({ vector, ...query }) => ({
    ...query,
    ...(vector === undefined ? {} : { vector: decodeVector(vector) }),
  }));
  return { set: { ...stored, queries }, checksum: checksumOf(stored) };
}

function encodeVector(vector: Float32Array): string {
  return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString("base64");
}

function decodeVector(text: string): Float32Array {
  const bytes = Uint8Array.from(Buffer.from(text, "base64"));
  return new Float32Array(bytes.buffer, 0, bytes.byteLength >>> 2);
}

function missing(name: string): DomainError {
  return new DomainError({
    kind: "not-found",
    type: "eval-set-missing",
    field: "name",
    message: `There is no eval set ${JSON.stringify(name.slice(0, 100))}.`,
    remedy: "List the eval sets, or make this one.",
  });
}

function tooLarge(name: string): DomainError {
  return new DomainError({
    kind: "too-large",
    type: "eval-set-size",
    field: "queries",
    message: `The eval set ${name} would take more than ${setBytesMax} bytes.`,
    remedy: "Use fewer queries, or shorter ones.",
  });
}

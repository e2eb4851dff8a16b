import { DomainError } from "../errors/domain-error.ts";
import { type CommitLog, openCommitLog } from "../storage/commit-log.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { IndexDefinition } from "./index-definition.ts";

/** The commit log `indexes/<index>/definition/`. */
export function definitionLog(store: ObjectStore, index: string): CommitLog<IndexDefinition> {
  return openCommitLog({ store, prefix: `indexes/${index}/definition/`, schema: IndexDefinition });
}

/** The index as it is defined now, or `not-found` of type `index-missing`. */
export async function readDefinition(store: ObjectStore, index: string): Promise<IndexDefinition> {
  const head = await definitionLog(store, index).head();
  if (head !== undefined) return head.document;
  throw indexMissing(index);
}

/** `not-found` of type `index-missing` where the index was never defined; cheaper than reading what it is. */
export async function assertDefined(store: ObjectStore, index: string): Promise<void> {
  if (!(await definitionLog(store, index).exists())) throw indexMissing(index);
}

function indexMissing(index: string): DomainError {
  return new DomainError({
    kind: "not-found",
    type: "index-missing",
    field: "index",
    message: `There is no index ${JSON.stringify(index)}.`,
    remedy: "List the indexes, or make this one.",
  });
}

/** Names of all indexes, ascending. */
export async function listIndexes(store: ObjectStore): Promise<string[]> {
  return Array.fromAsync(walkDefinitions(store), ({ name }) => name);
}

/** What all indexes are, ascending by name. */
export async function listDefinitions(store: ObjectStore): Promise<IndexDefinition[]> {
  return Array.fromAsync(walkDefinitions(store), ({ definition }) => definition);
}

async function* walkDefinitions(store: ObjectStore) {
  for (const name of await store.listFolders("indexes/")) {
    const head = await definitionLog(store, name).head();
    if (head !== undefined) yield { name, definition: head.document };
  }
}

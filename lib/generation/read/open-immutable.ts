import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";

/** A published SQLite file. Its checksum must have been verified: SQLite trusts an immutable file. */
export function openImmutable(path: string): DatabaseSync {
  return new DatabaseSync(`${pathToFileURL(path).href}?immutable=1`, { readOnly: true });
}

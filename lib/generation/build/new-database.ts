import { DatabaseSync } from "node:sqlite";

/** A new SQLite file without a journal and unsynced: what was not published is never opened. */
export function openNewDatabase(path: string): DatabaseSync {
  const database = new DatabaseSync(path);
  database.exec("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE");
  return database;
}

export function inTransaction(database: DatabaseSync, task: () => void): void {
  database.exec("BEGIN");
  task();
  database.exec("COMMIT");
}

import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import { DomainError } from "../errors/domain-error.ts";
import { assertKey } from "./key.ts";
import { createFolderDurable } from "./local-bucket.ts";

export interface FileLockOptions {
  /** Created if it is missing. On a local disk: network file systems do not keep such locks reliably. */
  folder: string;
  /** The lock is the file `<name>.lock`, which stays behind and must not be deleted while anyone may use it. */
  name: string;
  signal?: AbortSignal;
  /** How long to wait for another holder before `busy`, `lock-held`; 0 means a few quick tries. */
  waitMaxMs?: number;
}

const defaultWaitMaxMs = 10_000;
/** Short enough to take over without a felt pause, long enough that a dozen waiters cost nothing. */
const pollMaxMs = 50;
/** Two that try at the same moment see each other's attempt and may both fail, so one try proves nothing. */
const triesMin = 3;
/** SQLITE_BUSY. */
const busyCode = 5;

/**
 * Runs the task while no one else, in this process or another, holds the lock. The kernel keeps it: a killed holder
 * frees it at once, a stopped one keeps it.
 */
export async function withFileLock<Result>(
  options: FileLockOptions,
  task: () => Promise<Result>,
): Promise<Result> {
  assertKey(options.name);
  await createFolderDurable(options.folder);
  using _lock = await waitForLock(options);
  return await task();
}

/** Takes the lock of this file if it is free, until it is disposed of; undefined where it is held. */
export function tryFileLock(file: string): Disposable | undefined {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { timeout: 0 });
    // Otherwise SQLite writes a journal beside the lock, which fails on a full disk and outlives a killed holder.
    database.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    const held = database;
    return { [Symbol.dispose]: () => held.close() };
  } catch (error) {
    database?.close();
    if (isBusy(error)) return undefined;
    throw new DomainError({
      kind: "unavailable",
      type: "lock-unusable",
      message: `The lock file ${file} cannot be used.`,
      remedy: "Check that its folder is writable and that nothing else has written to the file.",
      cause: error,
    });
  }
}

async function waitForLock(options: FileLockOptions): Promise<Disposable> {
  const file = path.join(options.folder, `${options.name}.lock`);
  const deadline = Date.now() + (options.waitMaxMs ?? defaultWaitMaxMs);
  for (let tries = 1; ; tries += 1) {
    options.signal?.throwIfAborted();
    const lock = tryFileLock(file);
    if (lock !== undefined) return lock;
    if (tries >= triesMin && Date.now() >= deadline) throw lockHeld(options.name);
    await delay(Math.random() * pollMaxMs, undefined, { signal: options.signal });
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && "errcode" in error && error.errcode === busyCode;
}

function lockHeld(name: string): DomainError {
  return new DomainError({
    kind: "busy",
    type: "lock-held",
    message: `Another process works on "${name}".`,
    remedy: "Wait until it has finished and try again.",
    retryAfterSeconds: 5,
  });
}

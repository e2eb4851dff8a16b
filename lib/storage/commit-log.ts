import { setTimeout as delay } from "node:timers/promises";
import type { z } from "zod";
import { DomainError } from "../errors/domain-error.ts";
import { type Commit, damaged, decodeCommit, encodeCommit } from "./commit-record.ts";
import type { ObjectStore } from "./object-store.ts";

/** What to commit on top of `head` as number `nextNumber`, or undefined where nothing is to be done. */
export type Decide<T> = (
  head: Commit<T> | undefined,
  nextNumber: number,
) => T | undefined | Promise<T | undefined>;

/** A numbered history of immutable documents; linearizable among all processes that share the bucket. */
export interface CommitLog<T> {
  /** The newest commit. On a log that has been read before it costs one existence check where nothing is new. */
  head(): Promise<Commit<T> | undefined>;
  /** Whether anything was ever committed; much cheaper than reading a head. */
  exists(): Promise<boolean>;
  /** A missing number is `not-found`, `commit-missing`; a damaged one `corrupt`, `commit-damaged`. */
  read(number: number): Promise<Commit<T>>;
  /** Newest first. */
  history(options: { limit: number }): AsyncIterable<Commit<T>>;
  /**
   * Commits what `decide` returns and gives the commit, or undefined where it returned undefined. `decide` runs again
   * on the new head whenever another writer was faster, so it must have no effects. Gives up after `triesMax`
   * defeats (`busy`, `commit-contended`).
   */
  commit(
    decide: Decide<T>,
    options?: { signal?: AbortSignal; triesMax?: number },
  ): Promise<Commit<T> | undefined>;
  /** The newest commit that this object has seen, without any I/O. */
  cachedHead(): Commit<T> | undefined;
}

export interface CommitLogOptions<T> {
  store: ObjectStore;
  /** The folder of the log, with or without its last `/`: `datasets/sales/versions`. */
  prefix: string;
  schema: z.ZodType<T>;
}

/** Of n writers at once one wins each round, so this lets some sixty compete without any of them giving up. */
const defaultTriesMax = 64;
/** Longer than a synced link takes, so that waiting loses fewer races than it costs time. */
const waitMaxMs = 100;

/** Opens a log; nothing is read until it is asked for. */
export function openCommitLog<T>(options: CommitLogOptions<T>): CommitLog<T> {
  const { store, schema } = options;
  const folder = options.prefix.endsWith("/") ? options.prefix : `${options.prefix}/`;
  const log: LogFiles<T> = {
    key: (number) => folder + fileName(number),
    folder,
    store,
    read: async (number) =>
      decodeCommit(await store.get(folder + fileName(number)), {
        key: folder + fileName(number),
        number,
        schema,
      }),
  };
  let cached: Commit<T> | undefined;
  const remember = (commit: Commit<T>) => {
    if (cached === undefined || commit.number > cached.number) cached = commit;
    return cached;
  };
  const head = async () => {
    const known = cached?.number ?? (await listedHead(log));
    const newest = await probeForward(log, known);
    if (newest === 0 || newest === cached?.number) return cached;
    return remember(await log.read(newest));
  };
  return {
    head,
    exists: async () => cached !== undefined || (await store.size(log.key(1))) !== undefined,
    cachedHead: () => cached,
    read: (number) => readExisting(log, number),
    history: ({ limit }) => walkBack(log, head, limit),
    commit: async (decide, { signal, triesMax = defaultTriesMax } = {}) => {
      for (let tries = 1; tries <= triesMax; tries += 1) {
        signal?.throwIfAborted();
        const base = await head();
        const number = (base?.number ?? 0) + 1;
        const document = await decide(base, number);
        if (document === undefined) return undefined;
        const { bytes, commit } = encodeCommit({ number, at: new Date().toISOString(), document }, schema);
        if (await store.putIfAbsent(log.key(number), bytes)) {
          remember(commit);
          return commit;
        }
        await delay(Math.random() * Math.min(waitMaxMs, 2 ** tries), undefined, { signal });
      }
      throw contended(folder, triesMax);
    },
  };
}

interface LogFiles<T> {
  key: (number: number) => string;
  folder: string;
  store: ObjectStore;
  read: (number: number) => Promise<Commit<T>>;
}

async function readExisting<T>(log: LogFiles<T>, number: number): Promise<Commit<T>> {
  const isNumber = Number.isSafeInteger(number) && number > 0;
  if (isNumber && (await log.store.size(log.key(number))) !== undefined) return log.read(number);
  throw new DomainError({
    kind: "not-found",
    type: "commit-missing",
    message: `The log "${log.folder}" has no commit ${number}.`,
  });
}

async function* walkBack<T>(
  log: LogFiles<T>,
  head: () => Promise<Commit<T> | undefined>,
  limit: number,
): AsyncIterable<Commit<T>> {
  const newest = await head();
  if (newest === undefined || limit < 1) return;
  yield newest;
  const last = Math.max(1, newest.number - limit + 1);
  for (let number = newest.number - 1; number >= last; number -= 1) yield await log.read(number);
}

/** The highest number in the folder, or 0. A missing number below it means that a commit was lost. */
async function listedHead<T>(log: LogFiles<T>): Promise<number> {
  let highest = 0;
  for await (const { key } of log.store.list(log.folder)) {
    const number = numberOf(key.slice(log.folder.length));
    if (number === undefined) continue;
    await assertPresent(log, highest + 1, number - 1);
    highest = number;
  }
  return highest;
}

/** A listing that runs beside a writer may lack a commit that exists by now, so each one is looked for by name. */
async function assertPresent<T>(log: LogFiles<T>, first: number, last: number): Promise<void> {
  for (let number = first; number <= last; number += 1) {
    if ((await log.store.size(log.key(number))) === undefined) {
      throw damaged(log.key(number), "is missing, though later ones exist");
    }
  }
}

async function probeForward<T>(log: LogFiles<T>, known: number): Promise<number> {
  let newest = known;
  while ((await log.store.size(log.key(newest + 1))) !== undefined) newest += 1;
  return newest;
}

/** Twelve digits, so that the order of keys is the order of numbers. */
function fileName(number: number): string {
  return `${String(number).padStart(12, "0")}.json`;
}

function numberOf(name: string): number | undefined {
  return /^\d{12}\.json$/.test(name) ? Number(name.slice(0, 12)) : undefined;
}

function contended(folder: string, tries: number): DomainError {
  return new DomainError({
    kind: "busy",
    type: "commit-contended",
    message: `Other writers were faster ${tries} times at "${folder}".`,
    remedy: "Try again when fewer writers work on it.",
    retryAfterSeconds: 1,
  });
}

import { DomainError } from "../../errors/domain-error.ts";
import type { OpenGeneration } from "./open-generation.ts";

export interface GenerationCacheOptions {
  open(generation: string): Promise<OpenGeneration>;
  /** Told of what could not be closed; there is nobody left to throw it at. */
  onCloseFailed(generation: string, error: unknown): void;
}

export interface GenerationLease {
  readonly generation: OpenGeneration;
  release(): void;
}

/** Open generations of one index, shared by its searches. */
export interface GenerationCache {
  /** Opens the generation, or shares the open one; it stays open at least until the lease is released. */
  acquire(generation: string): Promise<GenerationLease>;
  /** An open generation, without waiting; undefined where it is not open yet. */
  acquireOpen(generation: string): GenerationLease | undefined;
  opened(): string[];
  /** Resolves when every lease is released and everything is closed. Nothing may be acquired after that. */
  close(): Promise<void>;
}

/** The active generation, the one before it, and one that somebody pins: rollback then costs milliseconds. */
const keptMax = 3;
/** Verifying reads whole files, so a damaged generation is not tried again by every search that names it. */
const failureMs = 5_000;

interface Entry {
  opening: Promise<OpenGeneration>;
  generation: OpenGeneration | undefined;
  users: number;
  retired: boolean;
  closed: PromiseWithResolvers<void>;
}

export function createGenerationCache({ open, onCloseFailed }: GenerationCacheOptions): GenerationCache {
  const entries = new Map<string, Entry>();
  const closing = new Set<Promise<void>>();
  const failures = new Map<string, { error: unknown; until: number }>();

  const closeIfUnused = async (name: string, entry: Entry) => {
    if (!entry.retired || entry.users > 0) return;
    try {
      await entry.generation?.close();
    } catch (error) {
      onCloseFailed(name, error);
    }
    entry.closed.resolve();
  };
  const retire = (name: string, entry: Entry) => {
    entry.retired = true;
    if (entries.get(name) === entry) entries.delete(name);
    const closed = entry.closed.promise.finally(() => closing.delete(closed));
    closing.add(closed);
    void closeIfUnused(name, entry);
  };
  const lease = (name: string, entry: Entry, generation: OpenGeneration): GenerationLease => {
    let released = false;
    return {
      generation,
      release() {
        if (released) return;
        released = true;
        entry.users -= 1;
        if (entry.retired) void closeIfUnused(name, entry);
      },
    };
  };
  /** Takes a place for the caller and makes the entry the youngest. */
  const enter = (name: string): Entry => {
    const entry = entries.get(name) ?? newEntry(open(name));
    entries.delete(name);
    entries.set(name, entry);
    entry.users += 1;
    return entry;
  };
  const retireOldest = () => {
    const [oldest] = entries;
    if (entries.size > keptMax && oldest !== undefined) retire(...oldest);
  };
  const fail = (name: string, entry: Entry, error: unknown) => {
    entry.users -= 1;
    retire(name, entry);
    if (error instanceof DomainError && error.kind === "not-found") return;
    failures.set(name, { error, until: performance.now() + failureMs });
  };

  return {
    async acquire(name) {
      const failure = failures.get(name);
      if (failure !== undefined && performance.now() < failure.until) throw failure.error;
      failures.delete(name);
      const entry = enter(name);
      try {
        entry.generation = await entry.opening;
      } catch (error) {
        fail(name, entry, error);
        throw error;
      }
      // Only what has opened pushes something else out: a damaged generation must not cost an intact one its place.
      retireOldest();
      return lease(name, entry, entry.generation);
    },
    acquireOpen(name) {
      if (entries.get(name)?.generation === undefined) return undefined;
      const entry = enter(name);
      return entry.generation === undefined ? undefined : lease(name, entry, entry.generation);
    },
    opened: () => [...entries].filter(([, entry]) => entry.generation !== undefined).map(([name]) => name),
    async close() {
      for (const [name, entry] of [...entries]) retire(name, entry);
      await Promise.all(closing);
    },
  };
}

function newEntry(opening: Promise<OpenGeneration>): Entry {
  return { opening, generation: undefined, users: 0, retired: false, closed: Promise.withResolvers() };
}

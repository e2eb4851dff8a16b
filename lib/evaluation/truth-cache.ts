import { DomainError } from "../errors/domain-error.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { decodeTruth, encodeTruth, type StoredTruth } from "./truth-file.ts";

/** What tells one stored truth from another. */
export type TruthFacts = Omit<StoredTruth, "chunkKeys" | "queries">;

/** The exact answers of one eval set over one index, at `evals/<name>/truth/<index>/`. */
export interface TruthCache {
  /** The answers for exactly this corpus. */
  read(facts: TruthFacts): Promise<StoredTruth | undefined>;
  /** Answers of the same queries over an earlier corpus. */
  readBase(facts: TruthFacts): Promise<StoredTruth | undefined>;
  /** Keeps the answers, and removes the oldest-named others beyond `filesMax`. */
  write(truth: StoredTruth): Promise<void>;
  /** Keys of what was there but damaged. */
  readonly damaged: string[];
}

/** Two corpora (before and after an append) at a few depths; each takes 8 bytes a chunk. */
const filesMax = 8;
/** 64 bits of each checksum; the header inside has them whole, and is compared. */
const keyDigits = 16;

export function openTruthCache(options: {
  store: ObjectStore;
  name: string;
  index: string;
  telemetry?: Pick<Telemetry, "emit"> | undefined;
}): TruthCache {
  const { store, name, index, telemetry } = options;
  const folder = `evals/${name}/truth/${index}/`;
  const damaged: string[] = [];
  const read = async (key: string): Promise<StoredTruth | undefined> => {
    try {
      return decodeTruth(await store.get(key), key);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      // Another process may have removed it since it was listed.
      if (error.kind === "not-found") return undefined;
      if (error.kind !== "corrupt") throw error;
      damaged.push(key);
      telemetry?.emit("eval.truth-damaged", { set: name, index, key });
      return undefined;
    }
  };
  return {
    damaged,
    async read(facts) {
      const found = await read(folder + fileName(facts));
      return found !== undefined && isOf(found, facts) ? found : undefined;
    },
    async readBase(facts) {
      for await (const { key } of store.list(folder + filePrefix(facts))) {
        if (damaged.includes(key)) continue;
        const found = await read(key);
        if (found !== undefined && isOf({ ...found, fingerprint: facts.fingerprint }, facts)) return found;
      }
      return undefined;
    },
    async write(truth) {
      const fresh = folder + fileName(truth);
      await store.put(fresh, encodeTruth(truth));
      const others: string[] = [];
      for await (const { key } of store.list(folder)) if (key !== fresh) others.push(key);
      // Of the same queries the newest is enough; the others are for other depths, or for an earlier state of the set.
      const spare = others.filter((key) => key.startsWith(folder + filePrefix(truth)));
      const rest = others.filter((key) => !spare.includes(key));
      for (const key of [...spare, ...rest.slice(filesMax - 1)]) await store.delete(key);
    },
  };
}

/** Finds damage of the cached answers to one eval set. */
export async function* verifyTruthFiles(store: ObjectStore, name: string): AsyncGenerator<DomainError> {
  for await (const { key } of store.list(`evals/${name}/truth/`)) {
    try {
      decodeTruth(await store.get(key), key);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      if (error.kind === "corrupt") yield error;
      // A newer answer may have replaced it since it was listed.
      else if (error.kind !== "not-found") throw error;
    }
  }
}

function isOf(found: TruthFacts, facts: TruthFacts): boolean {
  return (
    found.set === facts.set &&
    found.k === facts.k &&
    found.fingerprint === facts.fingerprint &&
    found.dataset === facts.dataset &&
    found.embedderId === facts.embedderId &&
    found.dimension === facts.dimension
  );
}

function filePrefix({ set, k }: Pick<TruthFacts, "set" | "k">): string {
  return `${digits(set)}-k${k}-`;
}

function fileName(facts: TruthFacts): string {
  return `${filePrefix(facts)}${digits(facts.fingerprint)}.bin`;
}

function digits(checksum: string): string {
  return checksum.slice(checksum.indexOf(":") + 1).slice(0, keyDigits);
}

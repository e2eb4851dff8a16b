import type { OpenGeneration } from "../generation/read/open-generation.ts";
import type { QueryEmbedder } from "../search/embed-query.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import type { RowFilter } from "../vector/vector-index.ts";
import { compareCorpora } from "./compare-corpora.ts";
import { type Corpus, excludedOrdinals, readCorpus } from "./corpus.ts";
import { embedQueries } from "./embed-queries.ts";
import type { EvalSet } from "./eval-set.ts";
import { evalSetChecksum } from "./eval-set-log.ts";
import { type ExactQuery, findHits, mergeHits } from "./find-hits.ts";
import { openTruthCache } from "./truth-cache.ts";
import type { StoredHits, StoredTruth } from "./truth-file.ts";
import { type TruthQuery, truthQuery } from "./truth-query.ts";

export interface EvalTruth {
  fingerprint: string;
  k: number;
  /** Every query that has a vector, in the set's order. */
  queries: TruthQuery[];
  /** Queries whose text has no feature that the embedder knows: they can be judged by words only. */
  vectorless: string[];
  origin: TruthOrigin;
}

/** What had to be compared to find the truth. */
export interface TruthOrigin {
  kind: "cached" | "extended" | "scanned";
  /** Queries that were compared with every chunk, and chunks that all other queries were compared with. */
  queriesScanned: number;
  chunksAdded: number;
  /** Keys of cached answers that were damaged, and so not used. */
  damaged: string[];
}

export interface FindTruthOptions {
  store: ObjectStore;
  set: EvalSet;
  opened: OpenGeneration;
  k: number;
  embed: QueryEmbedder["embed"];
  telemetry?: Pick<Telemetry, "emit"> | undefined;
  signal?: AbortSignal | undefined;
  progress?: ((advance: { done: number; total: number; unit: string }) => void) | undefined;
}

/**
 * The set's exact answers over a generation. They are kept in the bucket by what the generation holds, so that every
 * trial and gate over the same chunks finds them; when chunks were added, only those are compared. A damaged file is
 * told of, never believed and replaced. Throws `eval-dimension` where a query's vector does not fit the index.
 */
export async function findTruth(options: FindTruthOptions): Promise<EvalTruth> {
  const { store, set, opened, k, signal, telemetry } = options;
  const corpus = await readCorpus(opened, { signal });
  const { index, dataset, embedderId, dimension } = opened.manifest;
  const facts = {
    set: evalSetChecksum(set),
    k,
    fingerprint: corpus.fingerprint,
    dataset,
    embedderId,
    dimension,
  };
  const cache = openTruthCache({ store, name: set.name, index, telemetry });
  const cached = await cache.read(facts);
  if (cached !== undefined) {
    const origin = { kind: "cached", queriesScanned: 0, chunksAdded: 0, damaged: cache.damaged } as const;
    return evalTruth({ set, corpus, stored: cached, origin });
  }
  const base = await cache.readBase(facts);
  const vectors = base?.queries.map((query) => query?.vector) ?? (await embedQueries(options));
  const { hits, origin } = await answerQueries({ ...options, corpus, vectors, base });
  const stored: StoredTruth = {
    ...facts,
    chunkKeys: corpus.chunkKeys,
    queries: vectors.map((vector, place) => {
      const found = hits[place];
      return vector === undefined || found === undefined ? undefined : { vector, hits: found };
    }),
  };
  await cache.write(stored);
  return evalTruth({ set, corpus, stored, origin: { ...origin, damaged: cache.damaged } });
}

/** The same queries judged among fewer chunks; not kept, because a filter is the caller's own. */
export async function findFilteredTruth(options: {
  truth: EvalTruth;
  opened: OpenGeneration;
  filter: RowFilter;
  signal?: AbortSignal | undefined;
}): Promise<TruthQuery[]> {
  const { truth, opened, filter, signal } = options;
  const corpus = await readCorpus(opened, { signal });
  const hits = await findHits(truth.queries, {
    vectors: opened.vectors,
    corpus,
    k: truth.k,
    filter,
    signal,
  });
  return truth.queries.map((query, place) => truthQuery(query, hits[place]!));
}

/** Above this share of added chunks, one pass over all of them is cheaper than picking the added ones query by query. */
const addedShareMax = { hnsw: 0.1, lance: 0.5 };

interface AnswerOptions extends FindTruthOptions {
  corpus: Corpus;
  vectors: readonly (Float32Array | undefined)[];
  base: StoredTruth | undefined;
}

/** Hits by the place of their query in the set, from an older corpus' answers as far as these hold. */
async function answerQueries(
  options: AnswerOptions,
): Promise<{ hits: (StoredHits | undefined)[]; origin: Omit<TruthOrigin, "damaged"> }> {
  const { set, opened, k, corpus, vectors, base, signal, progress } = options;
  const queries = exactQueries(set, corpus, vectors);
  const hits: (StoredHits | undefined)[] = vectors.map(() => undefined);
  const all = [...queries.keys()];
  const scan = async (places: number[], filter: RowFilter | undefined, before: number) => {
    const found = await findHits(
      places.map((place) => queries.get(place)!),
      {
        ...{ vectors: opened.vectors, corpus, k, filter, signal },
        onFound: (done) => progress?.({ done: before + done, total: all.length, unit: "queries" }),
      },
    );
    for (const [position, place] of places.entries()) hits[place] = found[position];
  };
  const change = base && (await changeSince(base, corpus, signal));
  const affordable = addedShareMax[opened.vectors.backend] * corpus.chunkKeys.length;
  if (base === undefined || change === undefined || change.added.matchCount > affordable) {
    await scan(all, undefined, 0);
    return { hits, origin: { kind: "scanned", queriesScanned: all.length, chunksAdded: 0 } };
  }
  const lossy = all.filter((place) => base.queries[place]?.hits.keys.some((key) => change.gone.has(key)));
  const whole = all.filter((place) => !lossy.includes(place));
  await scan(whole, change.added, 0);
  for (const place of whole) hits[place] = mergeHits(base.queries[place]!.hits, hits[place]!, k);
  await scan(lossy, undefined, whole.length);
  const chunksAdded = change.added.matchCount;
  return { hits, origin: { kind: "extended", queriesScanned: lossy.length, chunksAdded } };
}

function changeSince(base: StoredTruth, corpus: Corpus, signal: AbortSignal | undefined) {
  const wanted = new Set(base.queries.flatMap((query) => [...(query?.hits.keys ?? [])]));
  return compareCorpora({ older: base.chunkKeys, newer: corpus.chunkKeys, wanted, signal });
}

/** The queries that have a vector, by their place in the set. */
function exactQueries(
  { queries }: EvalSet,
  corpus: Corpus,
  vectors: readonly (Float32Array | undefined)[],
): Map<number, ExactQuery> {
  const excluded = excludedOrdinals(corpus, excludedDocuments(queries));
  const found = new Map<number, ExactQuery>();
  for (const [place, { exclude }] of queries.entries()) {
    const vector = vectors[place];
    if (vector !== undefined) found.set(place, { vector, exclude: ordinalsOf(excluded, exclude) });
  }
  return found;
}

function evalTruth(found: {
  set: EvalSet;
  corpus: Corpus;
  stored: StoredTruth;
  origin: TruthOrigin;
}): EvalTruth {
  const { set, corpus, stored, origin } = found;
  const excluded = excludedOrdinals(corpus, excludedDocuments(set.queries));
  const truth: EvalTruth = {
    fingerprint: stored.fingerprint,
    k: stored.k,
    queries: [],
    vectorless: [],
    origin,
  };
  for (const [place, { id, exclude }] of set.queries.entries()) {
    const query = stored.queries[place];
    if (query === undefined) truth.vectorless.push(id);
    else {
      const facts = { id, vector: query.vector, exclude: ordinalsOf(excluded, exclude) };
      truth.queries.push(truthQuery(facts, query.hits));
    }
  }
  return truth;
}

function excludedDocuments(queries: EvalSet["queries"]): string[] {
  return queries.flatMap(({ exclude }) => (exclude === undefined ? [] : [exclude]));
}

function ordinalsOf(excluded: Map<string, Uint32Array>, docId: string | undefined): Uint32Array {
  return (docId === undefined ? undefined : excluded.get(docId)) ?? new Uint32Array();
}

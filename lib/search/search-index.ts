import { IndexName } from "@lakefleet/queues/names.ts";
import { createModelCheck } from "../embedding/model-check.ts";
import type { OpenProvider } from "../embedding/open-provider.ts";
import { DomainError } from "../errors/domain-error.ts";
import { readDefinition } from "../generation/definition-log.ts";
import type { OpenGeneration } from "../generation/read/open-generation.ts";
import {
  createServingIndex,
  type Serving,
  type ServingIndex,
  type ServingStatus,
} from "../generation/read/serving-index.ts";
import { resolveSnapshot, type Snapshot } from "../generation/resolve-snapshot.ts";
import type { VerifiedFiles } from "../generation/verified-files.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import type { VectorBackend } from "../vector/vector-index.ts";
import { compileFilter } from "./compile-filter.ts";
import { createQueryEmbedder, type QueryEmbedder } from "./embed-query.ts";
import { type RankedChunks, rankChunks } from "./rank-chunks.ts";
import { repeatTask } from "./repeat-task.ts";
import type { SearchAnswer, SearchHit, SearchMode, SearchRequest } from "./search-contract.ts";
import { createSearchTurns, type SearchTurns } from "./search-turns.ts";
import { createTimelyEmbedder, type TimelyEmbedder, type TimelyVector } from "./timely-embedder.ts";

export interface SearchOptions {
  signal?: AbortSignal;
  /** Refuse (`conflict`, `index-backend`) where the generation that would answer is of the other one. */
  backend?: VectorBackend;
}

export interface SearchService {
  /**
   * Answers from one generation, which the answer names. The request must have passed the `SearchRequest` schema; what
   * depends on the index is checked here, as `invalid`: `search-query`, `vector-dimension`, `vector-value`, `filter-…`.
   * Where a model's server gives no vector, `hybrid` answers from words and is not complete; `vector` is `unavailable`.
   * Also `index-missing`, `index-not-ready`, `generation-missing`, and `corrupt` where nothing intact is left.
   */
  search(request: SearchRequest, options?: SearchOptions): Promise<SearchAnswer>;
  /** Runs the task over the generation that answers for the index now, or over a pinned one; it stays open that long. */
  use<Result>(
    index: string,
    task: (generation: OpenGeneration) => Promise<Result>,
    pin?: string,
  ): Promise<Result>;
  /** The indexes that have been searched since the start, with what serves and what could not be opened. */
  status(): ServingStatus[];
  /** Resolves when the searches under way have ended; later ones are `unavailable`, `search-closed`. */
  close(): Promise<void>;
}

export interface SearchServiceOptions {
  store: ObjectStore;
  telemetry: Pick<Telemetry, "emit">;
  verified?: VerifiedFiles;
  /** How queries are embedded; on the calling thread where it is not given. */
  providers?: OpenProvider;
}

/** A gate takes a second at least, so a generation is ready before it is promoted. */
const lookEveryMs = 500;

export function createSearchService({
  store,
  telemetry,
  verified,
  providers,
}: SearchServiceOptions): SearchService {
  const indexes = new Map<string, ServingIndex>();
  const embedder = createQueryEmbedder(providers, createModelCheck(store));
  const embedInTime = createTimelyEmbedder(embedder);
  const turns = createSearchTurns();
  const drained = Promise.withResolvers<void>();
  const ahead = repeatTask(lookEveryMs, async () => {
    for (const serving of indexes.values()) await serving.lookAhead();
  });
  let underWay = 0;
  let closing = false;

  const servingOf = async (index: string): Promise<ServingIndex> => {
    const known = indexes.get(index);
    if (known !== undefined) return known;
    if (!IndexName.safeParse(index).success) throw indexMissing(index);
    // Only indexes that exist are remembered, so made-up names take no memory.
    await readDefinition(store, index);
    const serving =
      indexes.get(index) ??
      createServingIndex({
        store,
        index,
        verified,
        onOpened: (opened) => telemetry.emit("serve.opened", opened),
        onOpenFailed: ({ generation, type, message }, error) =>
          telemetry.emit("serve.open-failed", {
            index,
            type,
            reason: message,
            error,
            ...(generation === undefined ? {} : { generation }),
          }),
      });
    indexes.set(index, serving);
    return serving;
  };

  const searchNow = async (
    request: SearchRequest,
    { signal, backend }: SearchOptions,
  ): Promise<SearchAnswer> => {
    const started = performance.now();
    const mode = modeOf(request);
    const serving = indexes.get(request.index) ?? (await servingOf(request.index));
    const work = { request, mode, started, embedder, embedInTime, turns, signal, backend };
    const snapshot = await snapshotOf(store, request);
    const pin = snapshot?.generation ?? request.generation;
    const answer = await serving.use((active) => answerFrom(active, work), pin);
    if (snapshot !== undefined) {
      const { activation, dataset, datasetVersion } = snapshot;
      answer.snapshot = { name: `@${activation}`, dataset, dataset_version: datasetVersion };
    }
    telemetry.emit("search.finished", {
      index: answer.index,
      generation: answer.generation,
      mode,
      hitCount: answer.hits.length,
      durationMs: answer.took_ms,
    });
    return answer;
  };

  const whileOpen = async <Result>(task: () => Promise<Result>): Promise<Result> => {
    if (closing) throw serviceClosed();
    underWay += 1;
    try {
      return await task();
    } finally {
      underWay -= 1;
      if (closing && underWay === 0) drained.resolve();
    }
  };

  return {
    search: (request, options = {}) => whileOpen(() => searchNow(request, options)),
    use: (index, task, pin) =>
      whileOpen(async () => (await servingOf(index)).use(({ generation }) => task(generation), pin)),
    status: () => [...indexes.values()].map((serving) => serving.status()),
    async close() {
      closing = true;
      await ahead.stop();
      if (underWay > 0) await drained.promise;
      await Promise.all([...indexes.values()].map((serving) => serving.close()));
      await embedder.close();
    },
  };
}

async function snapshotOf(store: ObjectStore, request: SearchRequest): Promise<Snapshot | undefined> {
  if (request.snapshot === undefined) return undefined;
  if (request.generation === undefined) return resolveSnapshot(store, request.index, request.snapshot);
  throw invalid(
    "search-pin",
    "snapshot",
    "A search is pinned to a generation or to a snapshot, not to both.",
  );
}

interface SearchWork {
  request: SearchRequest;
  mode: SearchMode;
  started: number;
  embedder: QueryEmbedder;
  embedInTime: TimelyEmbedder;
  turns: SearchTurns;
  signal: AbortSignal | undefined;
  backend: VectorBackend | undefined;
}

async function answerFrom({ generation, forced }: Serving, work: SearchWork): Promise<SearchAnswer> {
  const { request, mode, started, signal } = work;
  const { manifest, rows } = generation;
  if (work.backend !== undefined && work.backend !== manifest.backend) throw otherBackend(manifest);
  const filter =
    request.filter === undefined
      ? undefined
      : await generation.select(compileFilter(request.filter, rows.columns));
  const vector = await vectorOf(generation, work);
  await work.turns.take();
  const ranked = await rankChunks({
    generation,
    mode,
    query: request.query,
    ...vector,
    filter,
    k: request.k ?? 10,
    msMax: request.max_ms,
    signal,
  });
  return {
    index: manifest.index,
    generation: manifest.generation,
    info: { certificate: generation.certificate?.id ?? null, forced },
    mode,
    plan: ranked.plan,
    complete: ranked.complete,
    hits: hitsOf(generation, ranked, request),
    took_ms: Math.round((performance.now() - started) * 1_000) / 1_000,
  };
}

/** The given vector, or the query's. A search that can rank by words neither waits for it long nor fails for its lack. */
async function vectorOf({ manifest }: OpenGeneration, work: SearchWork): Promise<TimelyVector> {
  const { mode, embedder, embedInTime } = work;
  const { vector, query = "" } = work.request;
  if (mode === "lexical") return { vector: undefined };
  if (vector === undefined)
    return mode === "hybrid"
      ? embedInTime(query, manifest)
      : { vector: await embedder.embed(query, manifest) };
  if (vector.length === manifest.dimension) return { vector: new Float32Array(vector) };
  throw invalid(
    "vector-dimension",
    "vector",
    `The vector has ${vector.length} values; the index ${manifest.index} holds vectors of ${manifest.dimension}.`,
  );
}

function hitsOf({ rows }: OpenGeneration, ranked: RankedChunks, request: SearchRequest): SearchHit[] {
  const { min_score: least, offset = 0, limit = ranked.ordinals.length } = request;
  let end = Math.min(offset + limit, ranked.ordinals.length);
  if (least !== undefined) {
    const below = ranked.scores.findIndex((score) => rounded(score) < least);
    end = Math.min(end, below === -1 ? end : below);
  }
  const chunks = rows.fetch(ranked.ordinals.subarray(offset, Math.max(offset, end)));
  return chunks.map(({ id, doc_id, chunk_index, text, metadata }, position) => ({
    id,
    doc_id,
    chunk_index,
    score: rounded(ranked.scores[offset + position] ?? 0),
    text,
    metadata,
  }));
}

/** Scores are computed in single precision; more digits would be noise. */
function rounded(score: number): number {
  return Math.round(score * 1e6) / 1e6;
}

function modeOf({ mode, query, vector }: SearchRequest): SearchMode {
  const chosen = mode ?? (query === undefined ? "vector" : "hybrid");
  if (query === undefined && vector === undefined) {
    throw invalid("search-query", "query", "A search needs a query, a vector, or both.");
  }
  if (query === undefined && chosen !== "vector") {
    throw invalid("search-query", "query", `The mode ${chosen} ranks by words, so it needs a query.`);
  }
  return chosen;
}

function otherBackend({ index, generation, backend }: OpenGeneration["manifest"]): DomainError {
  return new DomainError({
    kind: "conflict",
    type: "index-backend",
    field: "index",
    message: `The index ${index} answers from ${generation}, which is of the backend ${backend}.`,
    remedy: "POST /vectors/search answers whatever the backend; POST /vectors/lance/migrate changes it.",
  });
}

function serviceClosed(): DomainError {
  return new DomainError({
    kind: "unavailable",
    type: "search-closed",
    message: "The search service is shutting down.",
    retryAfterSeconds: 1,
  });
}

function indexMissing(index: string): DomainError {
  return new DomainError({
    kind: "not-found",
    type: "index-missing",
    field: "index",
    message: `There is no index ${JSON.stringify(index.slice(0, 100))}.`,
    remedy: "List the indexes, or make this one.",
  });
}

function invalid(type: string, field: string, message: string): DomainError {
  return new DomainError({ kind: "invalid", type, field, message });
}

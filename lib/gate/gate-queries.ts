import type { OpenProvider } from "../embedding/open-provider.ts";
import type { EvalQuery, EvalSet } from "../evaluation/eval-set.ts";
import { findTruth } from "../evaluation/ground-truth.ts";
import {
  decodeProbes,
  type ProbeVectors,
  probeFile,
  probeOrdinals,
} from "../generation/format/probe-vectors.ts";
import { generationPrefix } from "../generation/generation-keys.ts";
import type { GenerationManifest } from "../generation/generation-manifest.ts";
import { recallDepth } from "../generation/measure-recall.ts";
import type { OpenGeneration } from "../generation/read/open-generation.ts";
import { createQueryEmbedder } from "../search/embed-query.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import type { GateQuery } from "./find-targets.ts";

/** Half a second of searching; more would narrow the interval by less than a hundredth. */
const evalQueriesMax = 1_000;

export interface JudgedQuery extends EvalQuery {
  searchVector: Float32Array | undefined;
}

export interface GateQueries {
  queries: GateQuery[];
  /** How many there should be. */
  wanted: number;
  /** Queries that have judgements, with the vector they are searched by. */
  judged: JudgedQuery[];
  source: string;
}

export interface QuerySource {
  store: ObjectStore;
  manifest: GenerationManifest;
  /** What the index's policy names; without one, stored vectors of the generation stand in. */
  evalSet: EvalSet | undefined;
  providers?: OpenProvider | undefined;
  signal?: AbortSignal | undefined;
}

/** What the gate searches for. The same generation and the same set give the same queries. */
export async function readGateQueries(opened: OpenGeneration, source: QuerySource): Promise<GateQueries> {
  const { evalSet, manifest } = source;
  if (evalSet !== undefined) return queriesOfSet(opened, evalSet, source);
  const { ordinals, vectors } = await readProbes(source);
  const { dimension, vectorCount } = manifest;
  const exclude = new Uint32Array();
  const queries = Array.from(ordinals, (_, place) => ({
    vector: vectors.slice(place * dimension, (place + 1) * dimension),
    exclude,
  }));
  return { queries, wanted: probeOrdinals(vectorCount).length, judged: [], source: "stored vectors" };
}

export async function readProbes({
  store,
  manifest,
}: Pick<QuerySource, "store" | "manifest">): Promise<ProbeVectors> {
  const { index, generation, dimension } = manifest;
  return decodeProbes(await store.get(`${generationPrefix(index, generation)}/${probeFile}`), dimension);
}

async function queriesOfSet(
  opened: OpenGeneration,
  set: EvalSet,
  { store, providers, signal }: QuerySource,
): Promise<GateQueries> {
  const embedder = createQueryEmbedder(providers);
  try {
    const embed: typeof embedder.embed = (text, index) => embedder.embed(text, index);
    const truth = await findTruth({ store, set, opened, k: recallDepth, embed, signal });
    const vectors = new Map(truth.queries.map(({ id, vector }) => [id, vector]));
    const judged = set.queries.filter(({ judgements = {} }) => Object.keys(judgements).length > 0);
    return {
      queries: evenly(truth.queries, evalQueriesMax).map(({ vector, exclude, threshold, hitCount }) => ({
        vector,
        exclude,
        target: { threshold, hitCount },
      })),
      wanted: Math.min(evalQueriesMax, set.queries.length - truth.vectorless.length),
      judged: evenly(judged, evalQueriesMax).map((query) => ({
        ...query,
        searchVector: vectors.get(query.id),
      })),
      source: `queries of the eval set ${set.name}`,
    };
  } finally {
    await embedder.close();
  }
}

/** At most `most` of them, as far from each other as can be. */
export function evenly<Item>(items: readonly Item[], most: number): Item[] {
  const step = Math.max(1, items.length / most);
  return Array.from(
    { length: Math.min(most, items.length) },
    (_, place) => items[Math.floor(place * step)] as Item,
  );
}

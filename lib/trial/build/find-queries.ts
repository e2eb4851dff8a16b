import { readEvalSet } from "../../evaluation/eval-set-log.ts";
import { findTruth } from "../../evaluation/ground-truth.ts";
import { decodeProbes, probeFile } from "../../generation/format/probe-vectors.ts";
import { generationPrefix } from "../../generation/generation-keys.ts";
import { readPolicy } from "../../generation/index-policy.ts";
import type { OpenGeneration } from "../../generation/read/open-generation.ts";
import type { QueryEmbedder } from "../../search/embed-query.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import type { MeasuredQuery } from "../measure/measure-thread.ts";
import type { ThreadAdvance } from "../thread/thread-protocol.ts";

export interface TrialQueries {
  /** Null where stored vectors of the generation are the queries. */
  evalSet: string | null;
  queries: MeasuredQuery[];
}

/**
 * What a trial asks: the queries of the eval set that is named, else of the one that the index's policy names, else
 * the stored probes of the generation. The truth of an eval set is cached; in a sample nobody knows it beforehand.
 */
export async function findQueries(options: {
  store: ObjectStore;
  opened: OpenGeneration;
  evalSet: string | undefined;
  k: number;
  /** The ordinals that take part, ascending. */
  ordinals: Uint32Array;
  embed: QueryEmbedder["embed"];
  signal: AbortSignal;
  progress: (advance: ThreadAdvance) => void;
}): Promise<TrialQueries> {
  const { store, opened, ordinals } = options;
  const { manifest } = opened;
  const name = options.evalSet ?? (await readPolicy(store, manifest.index)).evalSet;
  if (name === undefined) return { evalSet: null, queries: await readProbes(store, opened) };
  const { set } = await readEvalSet(store, name);
  const truth = await findTruth({ ...options, set });
  const isWhole = ordinals.length === manifest.vectorCount;
  const places = isWhole ? undefined : new Map(Array.from(ordinals, (ordinal, place) => [ordinal, place]));
  const queries = truth.queries.map(({ vector, exclude, threshold, hitCount }) =>
    places === undefined
      ? { vector, exclude, truth: { threshold, hitCount } }
      : { vector, exclude: Uint32Array.from([...exclude].flatMap((ordinal) => places.get(ordinal) ?? [])) },
  );
  return { evalSet: name, queries };
}

async function readProbes(store: ObjectStore, { manifest }: OpenGeneration): Promise<MeasuredQuery[]> {
  const { index, generation, dimension } = manifest;
  const stored = await store.get(`${generationPrefix(index, generation)}/${probeFile}`);
  const { ordinals, vectors } = decodeProbes(stored, dimension);
  return Array.from(ordinals, (_, place) => ({
    vector: vectors.slice(place * dimension, (place + 1) * dimension),
    exclude: new Uint32Array(),
  }));
}

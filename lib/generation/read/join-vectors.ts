import { createTopHits } from "../../vector/format/top-hits.ts";
import { checkSearch } from "../../vector/read/check-search.ts";
import type {
  StoredVectors,
  VectorHits,
  VectorIndex,
  VectorPlan,
  VectorSearch,
} from "../../vector/vector-index.ts";
import type { LiveOrdinals, SegmentShape } from "./live-ordinals.ts";

/** The vector indexes of several segments as one, which finds living chunks only. */
export function joinVectors(
  parts: readonly VectorIndex[],
  shapes: readonly SegmentShape[],
  ordinals: LiveOrdinals,
): VectorIndex {
  const [first] = parts;
  if (first === undefined) throw new Error("a generation has at least one segment");
  if (parts.length === 1 && shapes[0]?.dead.length === 0) return first;
  const { backend, dimension } = first;
  const vectorCount = ordinals.count;
  const searchAll = async (how: "search" | "exact", query: Float32Array, request: VectorSearch) => {
    checkSearch(query, request, { dimension, vectorCount });
    const filters = request.filter === undefined ? undefined : ordinals.narrow(request.filter);
    const found = await Promise.all(
      parts.map((part, segment) => {
        const ask: Ask = (change) => part[how](query, { ...request, ...change });
        const filter = filters?.[segment];
        if (filter !== undefined) return filter.matchCount === 0 ? nothing() : ask({ filter });
        const isDead = (place: number) => ordinals.isDead(segment, place);
        return searchLiving(ask, request.k, { ...shapes[segment]!, isDead });
      }),
    );
    return merge(found, request.k, ordinals);
  };
  return {
    backend,
    dimension,
    vectorCount,
    search: (query, request) => searchAll("search", query, request),
    exact: (query, request) => searchAll("exact", query, request),
    blocks: (options) => livingBlocks(parts, ordinals, options?.signal),
    async fetch(wanted) {
      const vectors = new Float32Array(wanted.length * dimension);
      const places = parts.map(() => ({ places: [] as number[], rows: [] as number[] }));
      for (let row = 0; row < wanted.length; row += 1) {
        const { segment, place } = ordinals.locate(wanted[row]!);
        places[segment]!.places.push(place);
        places[segment]!.rows.push(row);
      }
      for (const [segment, part] of parts.entries()) {
        const found = await part.fetch(places[segment]!.places);
        for (const [position, row] of places[segment]!.rows.entries()) {
          vectors.set(found.subarray(position * dimension, (position + 1) * dimension), row * dimension);
        }
      }
      return vectors;
    },
    async close() {
      for (const part of parts) await part.close();
    },
  };
}

type Ask = (change: Partial<VectorSearch>) => Promise<VectorHits>;

/** Asks for as many more as are likely to be dead, and for all if those were not enough. */
async function searchLiving(
  ask: Ask,
  k: number,
  { chunkCount, dead, isDead }: SegmentShape & { isDead(place: number): boolean },
): Promise<VectorHits> {
  const living = chunkCount - dead.length;
  if (living === 0) return nothing();
  if (dead.length === 0) return ask({});
  const spare = 2 + Math.ceil((2 * k * dead.length) / chunkCount);
  for (let wanted = k + spare; ; wanted *= 4) {
    const hits = await ask({ k: Math.min(wanted, chunkCount) });
    const kept = Array.from(hits.ordinals.keys()).filter((rank) => !isDead(hits.ordinals[rank]!));
    if (kept.length < Math.min(k, living) && wanted < chunkCount) continue;
    const best = kept.slice(0, k);
    return {
      ...hits,
      ordinals: Uint32Array.from(best, (rank) => hits.ordinals[rank]!),
      scores: Float32Array.from(best, (rank) => hits.scores[rank]!),
    };
  }
}

function merge(found: readonly VectorHits[], k: number, ordinals: LiveOrdinals): VectorHits {
  const count = found.reduce((sum, hits) => sum + hits.ordinals.length, 0);
  const best = createTopHits(Math.min(k, count));
  found.forEach((hits, segment) => {
    hits.ordinals.forEach((place, rank) => {
      best.offer(ordinals.ordinalOf(segment, place), hits.scores[rank]!);
    });
  });
  return { ...best.drain(), exact: found.every(({ exact }) => exact), plan: joinPlans(found) };
}

/** The plan of the segment that was not compared whole, or that takes the longest. */
function joinPlans(found: readonly VectorHits[]): VectorPlan | undefined {
  const plans = found.flatMap(({ plan }) => plan ?? []).filter(({ path }) => path !== "none");
  const [longest] = plans.toSorted(
    (one, other) =>
      Number(one.path === "exact") - Number(other.path === "exact") || other.expectedMs - one.expectedMs,
  );
  if (longest === undefined || plans.length === 1) return longest;
  const expectedMs = plans.reduce((sum, plan) => sum + plan.expectedMs, 0);
  return { ...longest, expectedMs, reason: `${longest.reason} The other segments are searched beside it.` };
}

async function* livingBlocks(
  parts: readonly VectorIndex[],
  ordinals: LiveOrdinals,
  signal: AbortSignal | undefined,
): AsyncGenerator<StoredVectors, void, undefined> {
  let next = 0;
  for (const [segment, part] of parts.entries()) {
    const { dimension } = part;
    for await (const block of part.blocks({ signal })) {
      const count = block.vectors.length / dimension;
      let kept = 0;
      for (let row = 0; row < count; row += 1) {
        if (ordinals.isDead(segment, block.firstOrdinal + row)) continue;
        block.vectors.copyWithin(kept * dimension, row * dimension, (row + 1) * dimension);
        kept += 1;
      }
      if (kept > 0) yield { firstOrdinal: next, vectors: block.vectors.slice(0, kept * dimension) };
      next += kept;
    }
  }
}

function nothing(): Promise<VectorHits> {
  return Promise.resolve({ ordinals: new Uint32Array(), scores: new Float32Array(), exact: true });
}

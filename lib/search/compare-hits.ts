import type { SearchHit } from "./search-contract.ts";

export interface Ranked {
  id: string;
  doc_id: string;
  /** From 1. */
  rank: number;
}

export interface HitDifference {
  /** Share of the longer answer's hits that both have; 1 of two empty answers. */
  overlap: number;
  /** The same hits in the same order. */
  identical: boolean;
  same_first: boolean;
  /** Hits of both that stand at another rank, by the distance. */
  moved: { id: string; doc_id: string; rank_a: number; rank_b: number }[];
  only_in_a: Ranked[];
  only_in_b: Ranked[];
}

/** How two answers to one question differ, chunk by chunk. */
export function compareHits(a: readonly SearchHit[], b: readonly SearchHit[]): HitDifference {
  const [inA, inB] = [ranks(a), ranks(b)];
  const common = [...inA.values()].filter(({ id }) => inB.has(id));
  const longest = Math.max(inA.size, inB.size);
  const moved = common
    .map(({ id, doc_id, rank }) => ({ id, doc_id, rank_a: rank, rank_b: inB.get(id)?.rank ?? 0 }))
    .filter(({ rank_a, rank_b }) => rank_a !== rank_b)
    .sort((one, other) => distance(other) - distance(one));
  return {
    overlap: longest === 0 ? 1 : common.length / longest,
    identical: common.length === longest && moved.length === 0,
    same_first: a[0]?.id === b[0]?.id,
    moved,
    only_in_a: [...inA.values()].filter(({ id }) => !inB.has(id)),
    only_in_b: [...inB.values()].filter(({ id }) => !inA.has(id)),
  };
}

export function distance({ rank_a, rank_b }: { rank_a: number; rank_b: number }): number {
  return Math.abs(rank_a - rank_b);
}

function ranks(hits: readonly SearchHit[]): Map<string, Ranked> {
  return new Map(hits.map(({ id, doc_id }, place) => [id, { id, doc_id, rank: place + 1 }]));
}

import type { VectorQuery } from "@lancedb/lancedb";
import { isAllowed } from "../format/is-allowed.ts";
import { lanceColumns } from "../format/lance-columns.ts";
import { createTopHits } from "../format/top-hits.ts";
import type { RowFilter, VectorHits, VectorSearch } from "../vector-index.ts";

/** One way of asking the table for `limit` rows, still without limit and filter. */
export type LanceAsk = (limit: number) => VectorQuery;

// A list of ordinals this long still parses and runs in a few milliseconds.
const listedOrdinalsMax = 2000;
// Rows fetched beyond k show whether a tie crosses the edge of the answer.
const slack = 16;

/**
 * Fetches until `k` allowed rows are there, no tie crosses the edge and nothing more can come, or `limitMax` rows have
 * been fetched. The filter's bits decide; its `where` or its ordinals only spare the engine the other rows.
 */
export async function lanceFetch(
  ask: LanceAsk,
  request: VectorSearch,
  options: { vectorCount: number; limitMax: number; where: string | undefined },
): Promise<Pick<VectorHits, "ordinals" | "scores">> {
  const { k, filter, signal } = request;
  const { vectorCount, limitMax } = options;
  const where = options.where ?? (filter === undefined ? undefined : ordinalList(filter, vectorCount));
  const share = filter === undefined || where !== undefined ? 1 : filter.matchCount / vectorCount;
  let limit = Math.min(limitMax, vectorCount, Math.ceil((k + slack) / share));
  for (;;) {
    signal?.throwIfAborted();
    const rows = await fetchRows(where === undefined ? ask(limit) : ask(limit).where(where), limit);
    const hits = createTopHits(Math.min(k, limit));
    rows.ordinals.forEach((ordinal, row) => {
      if (filter === undefined || isAllowed(filter.bits, ordinal))
        hits.offer(ordinal, scoreOf(rows.distances[row]!));
    });
    const edge = scoreOf(rows.distances.at(-1) ?? 2);
    const complete = rows.ordinals.length < limit || limit >= Math.min(limitMax, vectorCount);
    if (complete || hits.floor() > edge) return hits.drain();
    limit = Math.min(limitMax, vectorCount, limit * 4);
  }
}

function scoreOf(distance: number): number {
  return Math.min(1, Math.max(-1, 1 - distance));
}

async function fetchRows(query: VectorQuery, limit: number) {
  const answer = await query.limit(limit).select([lanceColumns.ordinal, lanceColumns.distance]).toArrow();
  const ordinals: Uint32Array = answer.getChild(lanceColumns.ordinal)?.toArray() ?? new Uint32Array();
  const distances: Float32Array = answer.getChild(lanceColumns.distance)?.toArray() ?? new Float32Array();
  return { ordinals, distances };
}

function ordinalList({ bits, matchCount }: RowFilter, vectorCount: number): string | undefined {
  if (matchCount > listedOrdinalsMax) return undefined;
  const ordinals: number[] = [];
  for (let ordinal = 0; ordinal < vectorCount; ordinal++)
    if (isAllowed(bits, ordinal)) ordinals.push(ordinal);
  return `${lanceColumns.ordinal} IN (${ordinals.join(",")})`;
}

import type { RowFilter } from "../../vector/vector-index.ts";
import type { MetadataColumn } from "../format/row-store-layout.ts";
import type { RowLedger } from "../reconcile-rows.ts";
import type { LiveOrdinals } from "./live-ordinals.ts";
import type { SegmentRows, StoredChunk } from "./open-row-store.ts";

/** One generation's rows, read-only. Its calls are synchronous and short, but for those that yield between slices. */
export interface RowStore extends RowLedger {
  readonly chunkCount: number;
  readonly columns: readonly MetadataColumn[];
  /** The chunks at these ordinals, in the same order. */
  fetch(ordinals: ArrayLike<number>): StoredChunk[];
  /** The chunks where a condition over the metadata columns holds (see `compileFilter`). */
  select(where: string, options?: { signal?: AbortSignal | undefined }): Promise<RowFilter>;
  /** The rows that have chunks, each id once, a slice at a time; ascending within a slice. */
  chunkRowIds(): AsyncIterable<Float64Array>;
}

/** The living rows of several segments as one store. */
export function joinRows(
  segments: readonly SegmentRows[],
  ledger: RowLedger,
  ordinals: LiveOrdinals,
): RowStore {
  const columns = segments[0]?.columns.map(({ name, type }) => ({ name, type })) ?? [];
  const showAll = segments.map((rows) => widener(rows, segments));
  return {
    chunkCount: ordinals.count,
    columns,
    indexedRanges: () => ledger.indexedRanges(),
    rowStates: (page) => ledger.rowStates(page),
    fetch(wanted) {
      return Array.from(wanted, (ordinal) => {
        const { segment, place } = ordinals.locate(ordinal);
        return showAll[segment]!(segments[segment]!.fetch([place])[0]!);
      });
    },
    async select(where, options) {
      const filters: RowFilter[] = [];
      for (const rows of segments) filters.push(await rows.select(where, options));
      return ordinals.widen(filters, where);
    },
    async *chunkRowIds() {
      for (const [segment, rows] of segments.entries()) {
        for await (const { rowIds, places } of rows.rowPlaces()) {
          yield rowIds.filter((_, row) => !ordinals.isDead(segment, places[row]!));
        }
      }
    },
  };
}

/** A column that is read as text in one segment, because its integers are too large, is text in all. */
function widener(rows: SegmentRows, all: readonly SegmentRows[]): (chunk: StoredChunk) => StoredChunk {
  const names = rows.columns
    .filter(({ wide }, position) => !wide && all.some((other) => other.columns[position]?.wide))
    .map(({ name }) => name);
  return (chunk) => {
    for (const name of names) {
      const value = chunk.metadata[name];
      if (value !== null) chunk.metadata[name] = String(value);
    }
    return chunk;
  };
}

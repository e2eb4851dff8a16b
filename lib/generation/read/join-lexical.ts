import { joinLexicalFiles, type LexicalPart } from "../../lexical/read/join-lexical-files.ts";
import { checkLexicalSearch, type LexicalIndex } from "../../lexical/read/open-lexical-index.ts";
import { createTopHits } from "../../vector/format/top-hits.ts";
import type { LiveOrdinals } from "./live-ordinals.ts";

/** The word indexes of several segments as one. */
export function joinLexical(parts: readonly LexicalPart[], ordinals: LiveOrdinals): LexicalIndex {
  const searchFiles = joinLexicalFiles(parts);
  return {
    documentCount: ordinals.count,
    search(query, { k, filter }) {
      checkLexicalSearch(k, filter, ordinals.count);
      const filters = filter === undefined ? undefined : ordinals.narrow(filter);
      const found = searchFiles(query, { k, bits: parts.map((_, segment) => filters?.[segment]?.bits) });
      const count = found.reduce((sum, hits) => sum + hits.ordinals.length, 0);
      const best = createTopHits(Math.min(k, count));
      found.forEach((hits, segment) => {
        hits.ordinals.forEach((place, rank) => {
          best.offer(ordinals.ordinalOf(segment, place), hits.scores[rank]!);
        });
      });
      return best.drain();
    },
  };
}

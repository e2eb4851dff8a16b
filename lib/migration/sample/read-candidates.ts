import type { Table } from "@lancedb/lancedb";
import { numberValues, rowAddresses, textValues } from "../../embedding/arrow-values.ts";
import { rowIdOf } from "../../embedding/row-predicate.ts";

/** Every chunk that has a text, in ascending order of row id and chunk index, as far as choosing a sample takes it. */
export interface Candidates {
  /** Where Lance finds each in the version that was read. */
  addresses: bigint[];
  /** Positions by the value of the first metadata column, in the order in which the values are first met. */
  strata: number[][];
  /** Positions of chunks whose document was asked for. */
  wanted: number[];
  /** Texts that are different from each other. */
  texts: Set<number>;
}

interface Line {
  rowId: number;
  chunkIndex: number;
  address: bigint;
  stratum: number;
  isWanted: boolean;
}

const columns = ["id", "doc_id", "category", "chunk_index", "content_hash"];

/** Reads one version of `documents` but for its texts and vectors; holds some hundred bytes for each chunk. */
export async function readCandidates(
  documents: Table,
  isWanted: (docId: string) => boolean,
): Promise<Candidates> {
  const lines: Line[] = [];
  const texts = new Set<number>();
  const stratumOf = new Map<string, number>();
  for await (const batch of documents.query().where("total_chunks > 0").select(columns).withRowId()) {
    const docIds = textValues(batch, "doc_id");
    const chunkIndexes = numberValues(batch, "chunk_index");
    const addresses = rowAddresses(batch);
    const strata = textValues(batch, "category").map((category) => {
      const stratum = stratumOf.get(category) ?? stratumOf.size;
      stratumOf.set(category, stratum);
      return stratum;
    });
    for (const hash of textValues(batch, "content_hash")) texts.add(textKey(hash));
    for (const [place, id] of textValues(batch, "id").entries()) {
      lines.push({
        rowId: rowIdOf(id),
        chunkIndex: chunkIndexes[place]!,
        address: addresses[place]!,
        stratum: strata[place]!,
        isWanted: isWanted(docIds[place] ?? ""),
      });
    }
  }
  // Mostly it is in this order already, which costs one pass.
  lines.sort((a, b) => a.rowId - b.rowId || a.chunkIndex - b.chunkIndex);
  const strata = Map.groupBy(lines.keys(), (position) => lines[position]!.stratum);
  return {
    addresses: lines.map(({ address }) => address),
    strata: [...strata.values()],
    wanted: [...lines.keys()].filter((position) => lines[position]!.isWanted),
    texts,
  };
}

/** 52 bits of a content hash: of a million texts no two are mistaken for one, and each takes eight bytes. */
export function textKey(hash: string): number {
  return Number.parseInt(hash.slice(-13), 16);
}

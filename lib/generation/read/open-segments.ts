import path from "node:path";
import { type LexicalFile, readLexicalFile } from "../../lexical/read/read-lexical-file.ts";
import { openVectorIndex } from "../../vector/read/open-vector-index.ts";
import type { VectorIndex } from "../../vector/vector-index.ts";
import { deadFile, readPlaces } from "../format/dead-places.ts";
import { lexicalFile, rowStoreFile, vectorFolder } from "../format/row-store-layout.ts";
import type { GenerationManifest, Segment } from "../generation-manifest.ts";
import { damagedGeneration } from "../read-manifest.ts";
import { joinLexical } from "./join-lexical.ts";
import { joinRows } from "./join-rows.ts";
import { joinVectors } from "./join-vectors.ts";
import { createLiveOrdinals } from "./live-ordinals.ts";
import { openLedgerFile } from "./open-ledger-file.ts";
import { openRowStore, type SegmentRows } from "./open-row-store.ts";

interface OpenSegment {
  chunkCount: number;
  dead: Uint32Array;
  deadTokenCount: number;
  rows: SegmentRows;
  lexical: LexicalFile;
  vectors: VectorIndex;
}

/** What of a manifest is needed to read the files. */
export type SegmentedFiles = Pick<
  GenerationManifest,
  "segments" | "ledger" | "parameters" | "dimension" | "curves"
>;

/** Opens all segments of a generation's folder as one. Its files must have been verified. */
export async function openSegments(folder: string, files: SegmentedFiles) {
  const ledger = openLedgerFile(path.join(folder, files.ledger));
  const opened: OpenSegment[] = [];
  const close = async () => {
    ledger.close();
    for (const { rows } of opened) rows.close();
    for (const { vectors } of opened) await vectors.close();
  };
  try {
    for (const segment of files.segments) opened.push(await openSegment(folder, segment, files));
    const ordinals = createLiveOrdinals(opened);
    return {
      rows: joinRows(
        opened.map(({ rows }) => rows),
        ledger,
        ordinals,
      ),
      lexical: joinLexical(
        opened.map(({ lexical, dead, deadTokenCount }) => ({ file: lexical, dead, deadTokenCount })),
        ordinals,
      ),
      vectors: joinVectors(
        opened.map(({ vectors }) => vectors),
        opened,
        ordinals,
      ),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openSegment(
  generation: string,
  segment: Segment,
  { parameters, dimension, curves }: SegmentedFiles,
): Promise<OpenSegment> {
  const { chunkCount, deadCount, deadTokenCount, flat } = segment;
  const folder = path.join(generation, segment.folder);
  const rows = openRowStore(path.join(folder, rowStoreFile));
  try {
    const lexical = await readLexicalFile(path.join(folder, lexicalFile));
    if (rows.chunkCount !== chunkCount || lexical.documentCount !== chunkCount) {
      throw damagedGeneration(
        folder,
        `must have ${chunkCount} chunks; its rows are ${rows.chunkCount} and its words cover ${lexical.documentCount}`,
      );
    }
    const dead =
      deadCount === 0
        ? new Uint32Array()
        : await readPlaces(path.join(generation, deadFile(segment.folder)), {
            count: deadCount,
            below: chunkCount,
          });
    const location = {
      folder: path.join(folder, vectorFolder),
      dimension,
      vectorCount: chunkCount,
      flat,
      curves,
    };
    const vectors = await openVectorIndex({ ...location, parameters });
    return { chunkCount, dead, deadTokenCount, rows, lexical, vectors };
  } catch (error) {
    rows.close();
    throw error;
  }
}

import { mkdir } from "node:fs/promises";
import path from "node:path";
import { createLexicalBuilder, type LexicalBuilder } from "../../lexical/build/build-lexical-index.ts";
import { buildVectorIndex } from "../../vector/build/build-vector-index.ts";
import type { VectorBlock } from "../../vector/format/vector-block.ts";
import { lexicalFile, rowStoreFile, storedMetadata, vectorFolder } from "../format/row-store-layout.ts";
import type { ChunkBlock, SegmentBuild } from "./build-protocol.ts";
import { createRowStoreWriter, type RowStoreWriter } from "./write-row-store.ts";

/** A segment's vectors know their documents, so that Lance can look them up by an index of its own. */
const documentColumn = { name: "doc_id", type: "varchar", unique: true } as const;

/**
 * Writes every file of the segment, unsynced, in one pass over the blocks. Blocks its thread for up to half a second at
 * a time.
 */
export async function buildSegment(
  build: SegmentBuild,
  work: {
    blocks: AsyncIterable<ChunkBlock>;
    onProgress: (done: number) => void;
    signal?: AbortSignal | undefined;
  },
): Promise<void> {
  const { folder, parameters, dimension, vectorCount, columns, threads, flat } = build;
  const { blocks, onProgress, signal } = work;
  const rows = createRowStoreWriter(path.join(folder, rowStoreFile), columns);
  const lexical = createLexicalBuilder();
  const vectors = path.join(folder, vectorFolder);
  try {
    await mkdir(vectors);
    await buildVectorIndex({
      folder: vectors,
      parameters,
      dimension,
      vectorCount,
      blocks: fileBlocks(blocks, rows, lexical),
      metadataColumns: [documentColumn, ...columns.map(storedMetadata)],
      threads,
      flat,
      progress: ({ done }) => onProgress(done),
      signal,
    });
    signal?.throwIfAborted();
    await lexical.write(path.join(folder, lexicalFile));
  } catch (error) {
    rows.abandon();
    throw error;
  }
  rows.finish();
}

/** Files each block's rows and words on its way to the vector index. */
async function* fileBlocks(
  blocks: AsyncIterable<ChunkBlock>,
  rows: RowStoreWriter,
  lexical: LexicalBuilder,
): AsyncGenerator<VectorBlock> {
  for await (const { chunks, vectors } of blocks) {
    const metadata = rows.addChunks(chunks);
    for (const { text } of chunks) lexical.add(text);
    yield { vectors, metadata: { ...metadata, [documentColumn.name]: chunks.map(({ docId }) => docId) } };
  }
}

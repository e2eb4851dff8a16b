import { setImmediate as nextTurn } from "node:timers/promises";
import { lexicalFile, rowStoreFile, vectorFolder } from "../generation/format/row-store-layout.ts";
import { generationPrefix } from "../generation/generation-keys.ts";
import type { GenerationManifest } from "../generation/generation-manifest.ts";
import type { OpenGeneration } from "../generation/read/open-generation.ts";
import { headerFields, lexicalFormat } from "../lexical/format/lexical-layout.ts";
import type { ObjectStore } from "../storage/object-store.ts";

/** A count of different values; where it is not exact, there are at least so many. */
interface DistinctCount {
  distinct: number;
  exact: boolean;
}

export interface GenerationStatistics {
  chunks: number;
  documents: DistinctCount;
  /** Of the chunks' texts, in UTF-16 units. */
  chunk_length: { min: number; mean: number; max: number };
  columns: Record<string, DistinctCount>;
  /** Over all segments; a term of two segments counts in each, and the words of dead chunks are among them. */
  words: { terms: number; postings: number; mean_per_chunk: number };
  bytes: { vectors: number; words: number; rows: number; other: number; total: number };
}

/** Chunks between two turns of the event loop: about 5 ms. */
const sliceSize = 512;
/** What a set of so many texts takes is tens of megabytes; beyond it the exact number tells nobody anything. */
const documentsMax = 500_000;
const valuesMax = 10_000;

/** Counts a generation through once: about 10 µs a chunk, in slices that let searches pass. It never changes. */
export async function countGeneration(
  store: ObjectStore,
  generation: OpenGeneration,
): Promise<GenerationStatistics> {
  const { rows, manifest } = generation;
  const documents = createDistinctCounter(documentsMax);
  const columns = rows.columns.map(({ name }) => ({ name, counter: createDistinctCounter(valuesMax) }));
  const length = { min: Number.POSITIVE_INFINITY, max: 0, total: 0 };
  for (let first = 0; first < rows.chunkCount; first += sliceSize) {
    const count = Math.min(sliceSize, rows.chunkCount - first);
    for (const chunk of rows.fetch(Array.from({ length: count }, (_, place) => first + place))) {
      documents.add(chunk.doc_id);
      for (const { name, counter } of columns) counter.add(chunk.metadata[name]);
      length.min = Math.min(length.min, chunk.text.length);
      length.max = Math.max(length.max, chunk.text.length);
      length.total += chunk.text.length;
    }
    await nextTurn();
  }
  const { chunkCount } = rows;
  return {
    chunks: chunkCount,
    documents: documents.count(),
    chunk_length:
      chunkCount === 0
        ? { min: 0, mean: 0, max: 0 }
        : { min: length.min, mean: length.total / chunkCount, max: length.max },
    columns: Object.fromEntries(columns.map(({ name, counter }) => [name, counter.count()])),
    words: await countWords(store, manifest),
    bytes: bytesByPart(manifest),
  };
}

function createDistinctCounter(most: number) {
  const seen = new Set<unknown>();
  let exact = true;
  return {
    add(value: unknown) {
      if (value === null || value === undefined || seen.has(value)) return;
      if (seen.size < most) seen.add(value);
      else exact = false;
    },
    count: (): DistinctCount => ({ distinct: seen.size, exact }),
  };
}

async function countWords(
  store: ObjectStore,
  manifest: GenerationManifest,
): Promise<GenerationStatistics["words"]> {
  const words = { terms: 0, postings: 0 };
  let tokens = 0;
  let documents = 0;
  for (const { path } of manifest.files.filter((file) => partOf(file.path) === "words")) {
    const key = `${generationPrefix(manifest.index, manifest.generation)}/${path}`;
    const header = Buffer.from(await store.getRange(key, { offset: 0, length: lexicalFormat.headerBytes }));
    words.terms += header.readUInt32LE(headerFields.termCount);
    words.postings += header.readUInt32LE(headerFields.postingCount);
    documents += header.readUInt32LE(headerFields.documentCount);
    tokens += header.readDoubleLE(headerFields.tokenCount);
  }
  return { ...words, mean_per_chunk: documents === 0 ? 0 : tokens / documents };
}

function bytesByPart({ files }: GenerationManifest): GenerationStatistics["bytes"] {
  const bytes = { vectors: 0, words: 0, rows: 0, other: 0, total: 0 };
  for (const { path, byteCount } of files) {
    bytes[partOf(path)] += byteCount;
    bytes.total += byteCount;
  }
  return bytes;
}

/** A segment's files lie as a generation's own do, one folder deeper. */
function partOf(path: string): "vectors" | "words" | "rows" | "other" {
  const segments = path.split("/");
  if (segments.includes(vectorFolder)) return "vectors";
  if (segments.at(-1) === lexicalFile) return "words";
  return segments.at(-1) === rowStoreFile ? "rows" : "other";
}

import { setImmediate as nextTurn } from "node:timers/promises";
import { blake3 } from "@napi-rs/blake-hash";
import type { OpenGeneration } from "../generation/read/open-generation.ts";
import { checksumBytes } from "../storage/checksum.ts";

/** What a generation holds, without its settings: two generations of one fingerprint have the same ground truth. */
export interface Corpus {
  fingerprint: string;
  /** 64 bits of each chunk's id, document and text, in the order of the ordinals. */
  chunkKeys: BigUint64Array;
  /** 64 bits of each chunk's `doc_id`. */
  docKeys: BigUint64Array;
}

/** Chunks read between two turns of the event loop: about 10 ms. */
const sliceSize = 1_000;

// A generation never changes, so this remembers and does not cache: 16 bytes a chunk for as long as it is open.
const known = new WeakMap<OpenGeneration, Corpus>();

/** Same chunks, embedded alike: same string, whatever their order, the index's parameters and its backend. */
export async function corpusFingerprint(
  opened: OpenGeneration,
  options: { signal?: AbortSignal | undefined } = {},
): Promise<string> {
  return (await readCorpus(opened, options)).fingerprint;
}

/** Reads every chunk once, at 10 to 30 µs each; later calls on the same open generation cost nothing. */
export async function readCorpus(
  opened: OpenGeneration,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<Corpus> {
  const earlier = known.get(opened);
  if (earlier !== undefined) return earlier;
  const { rows, manifest } = opened;
  const chunkKeys = new BigUint64Array(rows.chunkCount);
  const docKeys = new BigUint64Array(rows.chunkCount);
  // Sums of hashes do not depend on the order, which differs between a build and an append.
  let sums: [bigint, bigint] = [0n, 0n];
  for (let first = 0; first < rows.chunkCount; first += sliceSize) {
    if (first > 0) await nextTurn();
    signal?.throwIfAborted();
    const length = Math.min(sliceSize, rows.chunkCount - first);
    const chunks = rows.fetch(Uint32Array.from({ length }, (_, place) => first + place));
    for (const [place, { id, doc_id, text }] of chunks.entries()) {
      docKeys[first + place] = keyOf(doc_id);
      const digest = blake3(JSON.stringify([id, doc_id, text]));
      const [key, other] = [digest.readBigUInt64LE(0), digest.readBigUInt64LE(8)];
      chunkKeys[first + place] = key;
      sums = [BigInt.asUintN(64, sums[0] + key), BigInt.asUintN(64, sums[1] + other)];
    }
  }
  const { dataset, embedderId, dimension, metric } = manifest;
  const facts = [dataset, embedderId, dimension, metric, rows.chunkCount, ...sums.map(String)];
  const fingerprint = checksumBytes(JSON.stringify(facts));
  const corpus = { fingerprint, chunkKeys, docKeys };
  known.set(opened, corpus);
  return corpus;
}

/** The key by which `docKeys` holds a document. */
export function keyOf(text: string): bigint {
  return blake3(text).readBigUInt64LE(0);
}

/** The ordinals of every chunk of the documents that queries exclude, by document. */
export function excludedOrdinals(corpus: Corpus, docIds: Iterable<string>): Map<string, Uint32Array> {
  const found = new Map<bigint, { docId: string; ordinals: number[] }>();
  for (const docId of docIds) found.set(keyOf(docId), { docId, ordinals: [] });
  if (found.size > 0) corpus.docKeys.forEach((key, ordinal) => void found.get(key)?.ordinals.push(ordinal));
  return new Map([...found.values()].map(({ docId, ordinals }) => [docId, Uint32Array.from(ordinals)]));
}

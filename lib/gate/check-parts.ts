import { readDataset } from "../dataset/dataset-log.ts";
import { scanRowIds } from "../dataset/scan-row-ids.ts";
import type { GateCheck } from "../generation/certificate.ts";
import { probeOrdinals } from "../generation/format/probe-vectors.ts";
import { generationPrefix } from "../generation/generation-keys.ts";
import type { GenerationManifest } from "../generation/generation-manifest.ts";
import type { OpenGeneration } from "../generation/read/open-generation.ts";
import { closeBooks, rangeTotal, reconcileRows } from "../generation/reconcile-rows.ts";
import type { VerifiedFiles } from "../generation/verified-files.ts";
import { findFileProblems } from "../generation/verify-files.ts";
import { canonicalJson } from "../storage/canonical-json.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import type { GateQuery } from "./find-targets.ts";
import { equals, isAtLeast } from "./gate-check.ts";
import { evenly } from "./gate-queries.ts";

interface StoreCheck {
  store: ObjectStore;
  signal?: AbortSignal | undefined;
}

/** Every listed file is there with its size and checksum, and no other file is. */
export async function checkFiles(
  options: StoreCheck & {
    manifest: GenerationManifest;
    verified?: VerifiedFiles | undefined;
    afresh?: boolean | undefined;
  },
): Promise<GateCheck> {
  const { store, manifest } = options;
  const { problems } = await findFileProblems(options);
  const prefix = `${generationPrefix(manifest.index, manifest.generation)}/`;
  const listed = new Set([...manifest.files.map((file) => file.path), "manifest.json"]);
  for await (const { key } of store.list(prefix)) {
    if (!listed.has(key.slice(prefix.length))) problems.push({ key, problem: "is not in the manifest" });
  }
  const found = problems.map(({ key, problem }) => `${key} ${problem}`).join(", ");
  return equals(
    "files",
    problems.length,
    0,
    found || `all ${manifest.files.length} files match their checksums`,
  );
}

/** Rows, words and vectors are of one number; each indexed row has a chunk, each chunk a row that the ledger knows. */
export async function checkParts({ manifest, rows, lexical, vectors }: OpenGeneration): Promise<GateCheck[]> {
  const counts = [rows.chunkCount, lexical.documentCount, vectors.vectorCount];
  const wanted = counts.map(() => manifest.vectorCount);
  let indexed = 0;
  let stray = 0;
  for await (const rowIds of rows.chunkRowIds()) {
    for await (const window of reconcileRows(rowIds, rows)) {
      indexed += window.indexedCount;
      stray += window.unindexed.filter(({ known }) => known === undefined).length;
    }
  }
  const rowsInLedger = rangeTotal(rows.indexedRanges());
  return [
    equals("parts", counts.join("/"), wanted.join("/"), "chunks in the row store, word index, vector index"),
    equals("rows-with-chunks", indexed, rowsInLedger, "indexed rows that have a chunk"),
    equals("stray-chunks", stray, 0, "rows with chunks that the ledger does not know"),
  ];
}

/** The books, closed again from the dataset and the ledger, are the manifest's and balance. */
export async function checkBooks(options: StoreCheck & { opened: OpenGeneration }): Promise<GateCheck[]> {
  const { store, opened, signal } = options;
  const { manifest, rows } = opened;
  const version = await readDataset(store, manifest.dataset, manifest.datasetVersion);
  const liveRowIds = await scanRowIds({ store, version, signal });
  const { stale, ...books } = await closeBooks(version.rowCount, liveRowIds, rows);
  return [
    equals(
      "dataset-rows",
      manifest.sourceRowCount,
      version.rowCount,
      `rows of dataset version ${version.version}`,
    ),
    equals(
      "books",
      canonicalJson(manifest.accounting),
      canonicalJson(books),
      "the manifest's against the recount",
    ),
    equals("balance", String(books.balanced), "true", "rows = indexed + pending + failed + excluded"),
    equals("dead-rows", stale, 0, "indexed rows that the dataset version does not have"),
  ];
}

/** A dozen words; each more costs a pass over all chunks that have it. */
const wordsLength = 80;

/** A chunk's own words find a chunk, and the hit can be shown: of so many from all parts, the newest one among them. */
export async function checkWords(
  { manifest, rows, lexical }: OpenGeneration,
  sampleCount: number,
): Promise<GateCheck> {
  const { vectorCount } = manifest;
  const spread = evenly([...probeOrdinals(vectorCount)], sampleCount - 1);
  const newest = vectorCount === 0 ? [] : [vectorCount - 1];
  const samples = rows.fetch([...new Set([...spread, ...newest])]);
  const found = samples.filter(({ text }) => {
    const words = text.slice(0, wordsLength);
    const { ordinals } = lexical.search(words, { k: 1 });
    // A text of stop words or signs alone has nothing to be found by.
    return rows.fetch(ordinals).length === 1 || !/\p{L}{4}/u.test(words);
  });
  return equals("search", found.length, samples.length, "chunks found by their own words");
}

/** Far from the rounding of a cosine, and nearer than any other text but a copy. */
const selfScore = 0.9999;
/** One graph in a while does not reach a vector; a segment that is joined wrongly loses all of its own. */
const probesFoundMin = 0.9;

/** A vector of any segment finds itself, or its like, first: the segments are joined as they should be. */
export async function checkProbes(
  { vectors }: OpenGeneration,
  queries: readonly GateQuery[],
  signal: AbortSignal | undefined,
): Promise<GateCheck> {
  let found = 0;
  for (const { vector } of queries) {
    const { scores } = await vectors.search(vector, { k: 1, signal });
    if ((scores[0] ?? 0) >= selfScore) found += 1;
  }
  const share = queries.length === 0 ? 1 : found / queries.length;
  return isAtLeast("probes-found", share, probesFoundMin, `${found} of ${queries.length} stored vectors`);
}

import { readDataset } from "../dataset/dataset-log.ts";
import { scanRowIds } from "../dataset/scan-row-ids.ts";
import { canonicalJson } from "../storage/canonical-json.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { decodeProbes, probeFile, probeOrdinals } from "./format/probe-vectors.ts";
import type { GateCheck } from "./gate-report.ts";
import { generationPrefix } from "./generation-keys.ts";
import type { GenerationManifest } from "./generation-manifest.ts";
import { findGroundTruth, measureRecall, recallDepth } from "./measure-recall.ts";
import type { OpenGeneration } from "./read/open-generation.ts";
import { closeBooks, rangeTotal, reconcileRows } from "./reconcile-rows.ts";
import { findFileProblems } from "./verify-files.ts";

/** Below this, people notice what is missing; a build aims at 0.98. */
const recallMin = 0.9;

interface StoreCheck {
  store: ObjectStore;
  signal?: AbortSignal | undefined;
}

/** Every listed file is there with its size and checksum, and no other file is. */
export async function checkFiles(
  options: StoreCheck & { manifest: GenerationManifest; afresh?: boolean | undefined },
): Promise<GateCheck> {
  const { store, manifest } = options;
  const { problems } = await findFileProblems(options);
  const prefix = `${generationPrefix(manifest.index, manifest.generation)}/`;
  const listed = new Set([...manifest.files.map((file) => file.path), "manifest.json"]);
  for await (const { key } of store.list(prefix)) {
    if (!listed.has(key.slice(prefix.length))) problems.push({ key, problem: "is not in the manifest" });
  }
  return check(
    "files",
    problems.length,
    0,
    problems.map(({ key, problem }) => `${key} ${problem}`).join(", "),
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
    check("parts", counts.join("/"), wanted.join("/"), "chunks in the row store, word index, vector index"),
    check("rows-with-chunks", indexed, rowsInLedger, "indexed rows that have a chunk"),
    check("stray-chunks", stray, 0, "rows with chunks that the ledger does not know"),
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
    check(
      "dataset-rows",
      manifest.sourceRowCount,
      version.rowCount,
      `rows of dataset version ${version.version}`,
    ),
    check(
      "books",
      canonicalJson(manifest.accounting),
      canonicalJson(books),
      "the manifest's against the recount",
    ),
    check("balance", String(books.balanced), "true", "rows = indexed + pending + failed + excluded"),
    check("dead-rows", stale, 0, "indexed rows that the dataset version does not have"),
  ];
}

/** Searching finds what comparing everything finds. */
export async function checkRecall(options: StoreCheck & { opened: OpenGeneration }): Promise<GateCheck> {
  const { store, opened, signal } = options;
  const { manifest, vectors } = opened;
  const bytes = await store.get(`${generationPrefix(manifest.index, manifest.generation)}/${probeFile}`);
  const probes = decodeProbes(bytes, manifest.dimension);
  const wanted = probeOrdinals(manifest.vectorCount).length;
  const truth = await findGroundTruth({ vectors, probes, signal });
  const recall = await measureRecall({ vectors, truth, signal });
  const queryCount = truth.queries.length;
  return {
    name: `recall@${recallDepth}`,
    passed: queryCount === wanted && recall >= recallMin,
    measured: Number(recall.toFixed(4)),
    threshold: recallMin,
    detail: `${queryCount} of ${wanted} stored vectors against an exact scan`,
  };
}

/** A chunk's own words find a chunk, and the hit can be shown. */
export async function checkSearch({ manifest, rows, lexical }: OpenGeneration): Promise<GateCheck> {
  const samples = rows.fetch(probeOrdinals(manifest.vectorCount).subarray(0, 8));
  const found = samples.filter(({ text }) => {
    const words = text.slice(0, 200);
    const { ordinals } = lexical.search(words, { k: 1 });
    // A text of stop words or signs alone has nothing to be found by.
    return rows.fetch(ordinals).length === 1 || !/\p{L}{4}/u.test(words);
  });
  return check("search", found.length, samples.length, "chunks found by their own words");
}

function check(
  name: string,
  measured: number | string,
  threshold: number | string,
  detail: string,
): GateCheck {
  return { name, passed: measured === threshold, measured, threshold, detail };
}

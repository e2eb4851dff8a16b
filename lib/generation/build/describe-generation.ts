import { stat, writeFile } from "node:fs/promises";
import path from "node:path";
import type { DatasetVersion } from "../../dataset/dataset-version.ts";
import { scanRowIds } from "../../dataset/scan-row-ids.ts";
import type { PipelineSnapshot } from "../../embedding/read-pipeline.ts";
import { checksumFile } from "../../storage/checksum.ts";
import { forEachBounded } from "../../storage/for-each-bounded.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { walkTree } from "../../storage/walk-tree.ts";
import { encodeProbes, probeFile, probeOrdinals } from "../format/probe-vectors.ts";
import { ledgerFile, type MetadataColumn } from "../format/row-store-layout.ts";
import { builderVersion, isOfDefinition } from "../generation-id.ts";
import type { GenerationFile, GenerationManifest } from "../generation-manifest.ts";
import type { IndexDefinition } from "../index-definition.ts";
import { openSegments } from "../read/open-segments.ts";
import { closeBooks } from "../reconcile-rows.ts";
import type { Clock } from "./build-clock.ts";
import { calibrateSearch } from "./calibrate-search.ts";
import { priceGeneration } from "./price-generation.ts";
import type { WrittenSegments } from "./write-segments.ts";

/** Libuv reads on four threads; more files at a time would only wait for them. */
const readWidth = 4;

export interface Describe {
  store: ObjectStore;
  folder: string;
  generation: string;
  definition: IndexDefinition;
  snapshot: PipelineSnapshot;
  version: DatasetVersion;
  columns: MetadataColumn[];
  written: WrittenSegments;
  /** When the build began, by `performance.now()`. */
  begin: number;
  clock: Clock;
  signal?: AbortSignal | undefined;
}

/**
 * The manifest of the files in the folder, with the probes written beside them: the books closed from the ledger as
 * written, the search as measured, or as the parent's was.
 */
export async function describeGeneration(options: Describe): Promise<GenerationManifest> {
  const { folder, generation, definition, snapshot, version, columns, written, begin, signal } = options;
  const { taken } = written;
  const [modelId = "", modelRevision = ""] = snapshot.embedderId.split("@");
  const measured = await measureFolder(options);
  const files = await listFiles(folder, written.shared, signal);
  options.clock.lap("checksums");
  return {
    schemaVersion: 2,
    generation,
    index: definition.index,
    dataset: version.dataset,
    datasetVersion: version.version,
    snapshot: {
      documentsTableVersion: snapshot.documentsTableVersion,
      ...(definition.pipeline === undefined ? {} : { pipeline: definition.pipeline }),
    },
    sourceRowCount: version.rowCount,
    vectorCount: snapshot.chunkCount,
    backend: definition.parameters.backend,
    embedderId: snapshot.embedderId,
    modelId,
    modelRevision,
    dimension: snapshot.dimension,
    metric: "cosine",
    textColumns: definition.textColumns,
    metadataColumns: columns,
    ...measured,
    fusion: definition.fusion,
    segments: written.segments,
    ledger: ledgerFile,
    parent: written.parent?.generation ?? null,
    pipelineSettings: snapshot.settingsHash,
    files,
    ...(await priceGeneration(options)),
    ...(taken === undefined ? {} : { takenGraph: { key: taken.key, buildMs: taken.buildMs } }),
    buildDurationMs: Math.round(performance.now() - begin),
    builtAt: new Date().toISOString(),
    builderVersion,
  };
}

async function measureFolder(
  options: Describe,
): Promise<Pick<GenerationManifest, "parameters" | "curves" | "accounting">> {
  const { store, folder, definition, snapshot, version, written, clock, begin, signal } = options;
  const { dimension } = snapshot;
  // The parent's search was measured over all but a small part of these vectors, and the gate measures what it gives.
  const { parent } = written;
  const known = parent && isOfDefinition(parent.generation, definition) ? parent : undefined;
  const { parameters } = known ?? definition;
  const { segments } = written;
  const opened = await openSegments(folder, { segments, ledger: ledgerFile, parameters, dimension });
  try {
    const { vectors, rows } = opened;
    const ordinals = probeOrdinals(vectors.vectorCount);
    const probes = { ordinals, vectors: await vectors.fetch(ordinals) };
    await writeFile(path.join(folder, probeFile), encodeProbes(probes));
    clock.lap("probes");
    const liveRowIds = await scanRowIds({ store, version, signal });
    const { stale: _stale, ...accounting } = await closeBooks(version.rowCount, liveRowIds, rows);
    clock.lap("books");
    const measured =
      known === undefined
        ? await calibrateSearch({ vectors, probes, parameters, budgetMs: measuringMs(begin), signal })
        : { parameters, curves: known.curves };
    clock.lap("calibration");
    return { ...measured, accounting };
  } finally {
    await opened.close();
  }
}

/** A tenth of what the build has taken, and enough for the measurements of a small index. */
function measuringMs(begin: number): number {
  return Math.max(2_000, (performance.now() - begin) / 10);
}

async function listFiles(
  folder: string,
  shared: readonly GenerationFile[],
  signal: AbortSignal | undefined,
): Promise<GenerationFile[]> {
  const described = [...shared];
  const known = new Set(shared.map((file) => file.path));
  const { files } = await walkTree(folder);
  await forEachBounded(files, readWidth, async (relative) => {
    const file = relative.split(path.sep).join("/");
    if (known.has(file)) return;
    const absolute = path.join(folder, relative);
    const { size } = await stat(absolute);
    const checksum = await checksumFile(absolute, signal === undefined ? {} : { signal });
    described.push({ path: file, byteCount: size, checksum });
  });
  return described.sort((a, b) => (a.path < b.path ? -1 : 1));
}

import { stat } from "node:fs/promises";
import path from "node:path";
import type { DatasetVersion } from "../../dataset/dataset-version.ts";
import { scanRowIds } from "../../dataset/scan-row-ids.ts";
import type { PipelineSnapshot } from "../../embedding/read-pipeline.ts";
import { checksumFile } from "../../storage/checksum.ts";
import { forEachBounded } from "../../storage/for-each-bounded.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { walkTree } from "../../storage/walk-tree.ts";
import { type MetadataColumn, rowStoreFile } from "../format/row-store-layout.ts";
import { builderVersion } from "../generation-id.ts";
import type { GenerationManifest } from "../generation-manifest.ts";
import type { IndexDefinition } from "../index-definition.ts";
import { openRowStore } from "../read/open-row-store.ts";
import { closeBooks } from "../reconcile-rows.ts";
import { calibrateSearch } from "./calibrate-search.ts";

/** Libuv reads on four threads; more files at a time would only wait for them. */
const readWidth = 4;

/** The manifest of the files in the folder: the books closed from the rows as written, the search effort as measured. */
export async function describeGeneration(options: {
  store: ObjectStore;
  folder: string;
  generation: string;
  definition: IndexDefinition;
  snapshot: PipelineSnapshot;
  version: DatasetVersion;
  columns: MetadataColumn[];
  /** When the build began, by `performance.now()`. */
  begin: number;
  signal?: AbortSignal | undefined;
}): Promise<GenerationManifest> {
  const { folder, generation, definition, snapshot, version, columns, begin, signal } = options;
  const [modelId = "", modelRevision = ""] = snapshot.embedderId.split("@");
  return {
    schemaVersion: 1,
    generation,
    index: definition.index,
    dataset: version.dataset,
    datasetVersion: version.version,
    snapshot: { documentsTableVersion: snapshot.documentsTableVersion },
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
    parameters: await calibrateSearch({
      folder,
      parameters: definition.parameters,
      dimension: snapshot.dimension,
      vectorCount: snapshot.chunkCount,
      signal,
    }),
    fusion: definition.fusion,
    accounting: await accountFolder(options),
    files: await listFiles(folder, signal),
    buildDurationMs: Math.round(performance.now() - begin),
    builtAt: new Date().toISOString(),
    builderVersion,
  };
}

async function accountFolder(options: {
  store: ObjectStore;
  folder: string;
  version: DatasetVersion;
  signal?: AbortSignal | undefined;
}): Promise<GenerationManifest["accounting"]> {
  const { store, folder, version, signal } = options;
  const liveRowIds = await scanRowIds({ store, version, signal });
  const rows = openRowStore(path.join(folder, rowStoreFile));
  try {
    const { stale: _stale, ...books } = await closeBooks(version.rowCount, liveRowIds, rows);
    return books;
  } finally {
    rows.close();
  }
}

async function listFiles(
  folder: string,
  signal: AbortSignal | undefined,
): Promise<GenerationManifest["files"]> {
  const { files } = await walkTree(folder);
  const described: GenerationManifest["files"] = [];
  await forEachBounded(files, readWidth, async (file) => {
    const absolute = path.join(folder, file);
    const { size } = await stat(absolute);
    const checksum = await checksumFile(absolute, signal === undefined ? {} : { signal });
    described.push({ path: file.split(path.sep).join("/"), byteCount: size, checksum });
  });
  return described.sort((a, b) => (a.path < b.path ? -1 : 1));
}

import type { LexicalIndex } from "../../lexical/read/open-lexical-index.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import type { RowFilter, StoredVectors, VectorIndex } from "../../vector/vector-index.ts";
import { type Certificate, readCertificate } from "../certificate.ts";
import { manifestKey } from "../generation-keys.ts";
import type { GenerationManifest } from "../generation-manifest.ts";
import { damagedGeneration, readManifest } from "../read-manifest.ts";
import type { VerifiedFiles } from "../verified-files.ts";
import { verifyFiles } from "../verify-files.ts";
import type { RowStore } from "./join-rows.ts";
import { openSegments } from "./open-segments.ts";
import { createSelectCache } from "./select-cache.ts";

/** One generation, verified whole and open for search. All of its structures share the ordinals of its chunks. */
export interface OpenGeneration {
  readonly manifest: GenerationManifest;
  /** Undefined where it was opened to be gated, or serves because somebody forced it. */
  readonly certificate?: Certificate | undefined;
  readonly rows: RowStore;
  readonly lexical: LexicalIndex;
  readonly vectors: VectorIndex;
  /** The chunks where a condition holds; remembered for as long as the generation is open. */
  select(where: string): Promise<RowFilter>;
  /** Every stored vector in the order of the ordinals; what a graph is built of. */
  vectorBlocks(options?: { signal?: AbortSignal | undefined }): AsyncIterable<StoredVectors>;
  close(): Promise<void>;
}

interface OpenOptions {
  store: ObjectStore;
  index: string;
  generation: string;
  /** Files that this process has read whole before, and need not read again. */
  verified?: VerifiedFiles | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Opens a published generation to serve from it, after checking its manifest against its certificate (if it
 * has one), the size and checksum of every file, and that its parts agree on how many chunks there are. Throws
 * `generation-missing` or, for any damage, a `corrupt` error.
 */
export async function openGeneration(options: OpenOptions): Promise<OpenGeneration> {
  const { store, index, generation } = options;
  const { checksum } = await readManifest(store, index, generation);
  const certificate = await readCertificate(store, index, generation);
  if (certificate !== undefined && certificate.manifestChecksum !== checksum) {
    throw damagedGeneration(manifestKey(index, generation), "is not the manifest that was certified");
  }
  return { ...(await openUngated(options)), certificate };
}

/** The same without regard to the gate: for whoever is about to prove it. */
export async function openUngated({
  store,
  index,
  generation,
  verified,
  signal,
}: OpenOptions): Promise<OpenGeneration> {
  const { manifest } = await readManifest(store, index, generation);
  const folder = await verifyFiles({ store, manifest, verified, signal });
  return openFiles(folder, manifest);
}

async function openFiles(folder: string, manifest: GenerationManifest): Promise<OpenGeneration> {
  const opened = await openSegments(folder, manifest);
  const { rows, lexical, vectors, close } = opened;
  if (rows.chunkCount !== manifest.vectorCount) {
    await close();
    const { index, generation, vectorCount } = manifest;
    throw damagedGeneration(
      manifestKey(index, generation),
      `promises ${vectorCount} chunks; its segments have ${rows.chunkCount}`,
    );
  }
  return {
    manifest,
    rows,
    lexical,
    vectors,
    select: createSelectCache(rows),
    vectorBlocks: (options) => vectors.blocks(options),
    close,
  };
}

import { rm, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import path from "node:path";
import { Blake3Hasher } from "@napi-rs/blake-hash";
import { readDataset } from "../../dataset/dataset-log.ts";
import type { DatasetVersion } from "../../dataset/dataset-version.ts";
import { openPipeline } from "../../embedding/pipeline-tables.ts";
import { type PipelineSnapshot, readPipeline } from "../../embedding/read-pipeline.ts";
import { DomainError } from "../../errors/domain-error.ts";
import { failpoint } from "../../storage/failpoint.ts";
import { withFileLock } from "../../storage/file-lock.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import type { IndexParameters } from "../../vector/index-parameters.ts";
import { activeLog } from "../active-log.ts";
import { removeGeneration } from "../collect-generations.ts";
import { readDefinition } from "../definition-log.ts";
import { ledgerFile, type MetadataColumn } from "../format/row-store-layout.ts";
import { readGateFailure } from "../gate-failure.ts";
import { generationId } from "../generation-id.ts";
import { generationPrefix } from "../generation-keys.ts";
import type { GenerationManifest } from "../generation-manifest.ts";
import type { IndexDefinition } from "../index-definition.ts";
import { findManifest, type StoredManifest } from "../read-manifest.ts";
import { findFileProblems } from "../verify-files.ts";
import { type AppendPlan, planAppend } from "./append-plan.ts";
import { type Clock, startClock } from "./build-clock.ts";
import type { BuildProgress } from "./build-progress.ts";
import { describeGeneration } from "./describe-generation.ts";
import { findParent } from "./find-parent.ts";
import type { MergeLimits } from "./plan-segments.ts";
import { type ShardRows, shardRows } from "./shard-rows.ts";
import type { BuiltGraph } from "./take-graph.ts";
import { writeLedger } from "./write-ledger.ts";
import { metadataColumnsOf } from "./write-segment.ts";
import { writeAllSegments, writeAppended } from "./write-segments.ts";

export interface BuildGenerationOptions {
  store: ObjectStore;
  index: string;
  /** Instead of the index's own, for a model that is yet to prove itself. */
  definition?: IndexDefinition | undefined;
  /** Instead of those of the definition, for a configuration that is yet to prove itself. */
  parameters?: IndexParameters | undefined;
  /** Graphs that were built by these parameters before: one over the same vectors is taken, and none is built. */
  graphs?: readonly BuiltGraph[] | undefined;
  /** The folder of the lock files. */
  locks: string;
  /** Threads that insert into a graph; all cores where it is not given. */
  threads?: number | undefined;
  /** When an append becomes a full build. */
  mergeLimits?: MergeLimits | undefined;
  progress?: BuildProgress | undefined;
  signal?: AbortSignal | undefined;
}

export interface BuiltGeneration {
  manifest: GenerationManifest;
  /** True where an earlier build of the same input was found, whole and undamaged. */
  reused: boolean;
  /** Milliseconds of each step that was taken. */
  phases: Record<string, number>;
}

/** A second build of one pipeline waits for the first and then finds it done; a job may take as long as this. */
const lockWaitMaxMs = 6 * 3_600_000;

/**
 * Builds the generation of what the index's pipeline holds now, and publishes it; it does not serve before it is gated
 * and promoted. A build that died leaves nothing that counts, and the next one starts over. Throws `index-missing`,
 * `pipeline-unsynced`, `pipeline-syncing` (retryable), `pipeline-embedder`, or `cancelled`, `build-cancelled`.
 */
export async function buildGeneration(options: BuildGenerationOptions): Promise<BuiltGeneration> {
  const { index, locks, signal } = options;
  const { pipeline } = await definitionOf(options);
  const name = pipeline === undefined ? `build.${index}` : `build.${index}.${pipeline}`;
  const lock = { folder: locks, name, waitMaxMs: lockWaitMaxMs };
  return withFileLock(signal === undefined ? lock : { ...lock, signal }, () => buildAlone(options));
}

async function buildAlone(options: BuildGenerationOptions): Promise<BuiltGeneration> {
  const { store, index, locks, parameters } = options;
  const defined = await definitionOf(options);
  const definition = parameters === undefined ? defined : { ...defined, parameters };
  const pipeline = await openPipeline({ store, index, name: definition.pipeline, locks });
  try {
    const clock = startClock();
    const snapshot = await readPipeline({ pipeline });
    clock.lap("readPipeline");
    try {
      return await findOrBuild(options, { definition, snapshot, clock });
    } finally {
      snapshot.close();
    }
  } finally {
    pipeline.close();
  }
}

async function definitionOf({ store, index, definition }: BuildGenerationOptions): Promise<IndexDefinition> {
  return definition ?? (await readDefinition(store, index));
}

async function findOrBuild(
  options: BuildGenerationOptions,
  input: { definition: IndexDefinition; snapshot: PipelineSnapshot; clock: Clock },
): Promise<BuiltGeneration> {
  const { store, index, signal } = options;
  const { definition, snapshot, clock } = input;
  assertEmbedder(definition, snapshot);
  const datasetVersion = snapshot.syncedDatasetVersion;
  const missingChecksum = await checksumMissing(snapshot, signal);
  clock.lap("missingRows");
  const generation = generationId({ definition, datasetVersion, missingChecksum });
  const { found, refused } = await findIntact(store, index, generation, signal);
  if (found !== undefined) return { manifest: found, reused: true, phases: clock.phases };

  const version = await readDataset(store, definition.dataset, datasetVersion);
  const manifest = await build({ ...options, ...input, version, generation, whole: refused });
  return { manifest, reused: false, phases: clock.phases };
}

interface Build extends BuildGenerationOptions {
  definition: IndexDefinition;
  snapshot: PipelineSnapshot;
  version: DatasetVersion;
  generation: string;
  clock: Clock;
  /** Share nothing with the active generation. */
  whole: boolean;
}

async function build(options: Build): Promise<GenerationManifest> {
  const { store, index, generation, definition, snapshot, version, clock, signal } = options;
  const { threads = availableParallelism() } = options;
  const begin = performance.now();
  const columns = metadataColumnsOf(definition, version);
  const plan = await planFromParent({ ...options, columns });
  clock.lap("plan");
  const folder = await store.scratch();
  try {
    const source = { ...options, folder, columns, threads };
    const written =
      plan === undefined
        ? await writeAllSegments(source, await shardsOf({ ...options, columns }))
        : await writeAppended(source, plan);
    clock.lap("segments");
    const indexed = snapshot.indexedRowIds();
    await writeLedger(path.join(folder, ledgerFile), { indexed, missing: snapshot.missing({ signal }) });
    clock.lap("ledger");
    const manifest = await describeGeneration({ ...options, folder, columns, written, begin });
    await writeFile(path.join(folder, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
    failpoint("build.before-publish");
    signal?.throwIfAborted();
    await store.publish(folder, generationPrefix(index, generation));
    clock.lap("publish");
    failpoint("build.after-publish");
    return manifest;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** How to append to the active generation; undefined where everything is to be built anew. */
async function planFromParent(
  options: Build & { columns: MetadataColumn[] },
): Promise<AppendPlan | undefined> {
  const parent = options.whole ? undefined : await findParent(options);
  if (parent === undefined) return undefined;
  const plan = await planAppend({ ...options, parent, limits: options.mergeLimits });
  return "reason" in plan ? undefined : plan;
}

async function shardsOf(options: Build & { columns: MetadataColumn[] }): Promise<ShardRows[]> {
  const { definition, snapshot, columns } = options;
  const rowIds = snapshot.indexedRowIds();
  const column = columns.find(({ name }) => name === definition.shardBy);
  return column === undefined ? [{ rowIds, shard: null }] : shardRows({ ...options, column, rowIds });
}

async function checksumMissing(snapshot: PipelineSnapshot, signal: AbortSignal | undefined): Promise<string> {
  const hasher = new Blake3Hasher();
  for await (const { rowId, state, reason } of snapshot.missing({ signal })) {
    hasher.update(`${rowId} ${state} ${reason}\n`);
  }
  return hasher.digest("hex");
}

/**
 * A generation that is there in part, or damaged, is removed: it serves nobody, and the new one needs its place. So is
 * one that was appended and that the gate refused, because a full build of the same rows may well pass.
 */
async function findIntact(
  store: ObjectStore,
  index: string,
  generation: string,
  signal: AbortSignal | undefined,
): Promise<{ found?: GenerationManifest; refused: boolean }> {
  let refused = false;
  try {
    const found = await findManifest(store, index, generation);
    if (found !== undefined) {
      const { manifest } = found;
      refused = manifest.parent !== null && (await wasRefused(store, found));
      const { problems } = await findFileProblems({ store, manifest, signal });
      if (problems.length === 0 && !refused) return { found: manifest, refused };
    }
  } catch (error) {
    if (!(error instanceof DomainError && error.kind === "corrupt")) throw error;
  }
  await removeGeneration(store, index, generation);
  return { refused };
}

/** What serves all the same was forced to, and stays. */
async function wasRefused(store: ObjectStore, { manifest, checksum }: StoredManifest): Promise<boolean> {
  const { index, generation } = manifest;
  const failure = await readGateFailure(store, index, generation);
  if (failure?.manifestChecksum !== checksum) return false;
  return (await activeLog(store, index).head())?.document.generation !== generation;
}

function assertEmbedder(definition: IndexDefinition, snapshot: PipelineSnapshot): void {
  if (snapshot.embedderId === definition.embedderId) return;
  throw new DomainError({
    kind: "conflict",
    type: "pipeline-embedder",
    message: `The chunks of ${definition.index} have vectors of ${snapshot.embedderId}, not of ${definition.embedderId}.`,
    remedy: "Run its embed job first.",
  });
}

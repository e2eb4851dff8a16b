import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { forEachBounded } from "../../storage/for-each-bounded.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { buildGrowth } from "../../vector/build/build-growth.ts";
import { deadFile, encodePlaces } from "../format/dead-places.ts";
import { segmentNumber } from "../format/segment-folder.ts";
import { generationPrefix } from "../generation-keys.ts";
import type { GenerationFile, GenerationManifest, Segment } from "../generation-manifest.ts";
import { type AppendPlan, filesOf, type KeptSegment } from "./append-plan.ts";
import type { BuildProgress } from "./build-progress.ts";
import type { ShardRows } from "./shard-rows.ts";
import type { BuiltGraph } from "./take-graph.ts";
import { type SegmentSource, writeSegment } from "./write-segment.ts";

export interface WrittenSegments {
  segments: Segment[];
  /** Files that are the parent's own, as its manifest describes them. */
  shared: GenerationFile[];
  parent: GenerationManifest | undefined;
  /** The graph of the only segment, where it was not built. */
  taken?: BuiltGraph | undefined;
}

type Source = Omit<SegmentSource, "progress"> & { progress?: BuildProgress | undefined };

/** Linking is a matter of the file system's journal; more at a time would wait for each other. */
const linkWidth = 8;

/** Writes all segments of a generation anew, one for each shard. */
export async function writeAllSegments(
  source: Source,
  shards: readonly ShardRows[],
): Promise<WrittenSegments> {
  const total = source.snapshot.chunkCount;
  // Shards have graphs of their own, none of which slows the others down.
  const growth = shards.length > 1 ? 1 : buildGrowth(source.definition.parameters);
  const segments: Segment[] = [];
  let taken: BuiltGraph | undefined;
  let before = 0;
  for (const [position, { rowIds, shard }] of shards.entries()) {
    const progress = (done: number) =>
      source.progress?.({ done: before + done, total, unit: "chunks", growth });
    progress(0);
    const order = { number: position + 1, rowIds, appended: false, shard };
    const written = await writeSegment({ ...source, progress }, order);
    segments.push(written.segment);
    taken ??= written.taken;
    before += written.segment.chunkCount;
  }
  return { segments, shared: [], parent: undefined, taken };
}

/** Shares the kept segments of the parent and writes one segment of the other rows, and the lists of the dead. */
export async function writeAppended(source: Source, plan: AppendPlan): Promise<WrittenSegments> {
  const { store, folder, snapshot } = source;
  const { parent, kept, rowIds } = plan;
  const shared = await shareFiles(store, folder, parent, kept);
  const segments: Segment[] = [];
  for (const { dead, ...segment } of kept) {
    segments.push(segment);
    if (dead.length === 0) continue;
    const file = path.join(folder, deadFile(segment.folder));
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, encodePlaces(dead));
  }
  if (rowIds.length > 0) {
    const total = snapshot.countChunks(rowIds);
    const growth = buildGrowth(source.definition.parameters);
    const progress = (done: number) => source.progress?.({ done, total, unit: "chunks", growth });
    const number = Math.max(...parent.segments.map((segment) => segmentNumber(segment.folder))) + 1;
    const order = { number, rowIds, appended: true, shard: null };
    segments.push((await writeSegment({ ...source, progress }, order)).segment);
  }
  return { segments, shared, parent };
}

async function shareFiles(
  store: ObjectStore,
  folder: string,
  parent: GenerationManifest,
  kept: readonly KeptSegment[],
): Promise<GenerationFile[]> {
  const shared = filesOf(parent, kept);
  const prefix = generationPrefix(parent.index, parent.generation);
  await forEachBounded(shared, linkWidth, (file) =>
    store.reuse(`${prefix}/${file.path}`, path.join(folder, file.path)),
  );
  return shared;
}

import path from "node:path";
import type { PipelineSnapshot } from "../../embedding/read-pipeline.ts";
import { countWords } from "../../lexical/format/count-words.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { deadFile, readPlaces } from "../format/dead-places.ts";
import { rowStoreFile } from "../format/row-store-layout.ts";
import type { GenerationFile, GenerationManifest, Segment } from "../generation-manifest.ts";
import { openLedger } from "../open-ledger.ts";
import { openRowStore, type SegmentRows } from "../read/open-row-store.ts";
import { rangeTotal } from "../reconcile-rows.ts";
import { findFileProblems, verifyFiles } from "../verify-files.ts";
import { diffRows } from "./diff-rows.ts";
import { defaultLimits, type MergeLimits, planSegments } from "./plan-segments.ts";

/** A segment of the parent as it is in the new generation. */
export interface KeptSegment extends Segment {
  dead: Uint32Array;
}

export interface AppendPlan {
  parent: GenerationManifest;
  kept: KeptSegment[];
  /** Rows of the segment that is to be written, ascending; none where rows were only removed. */
  rowIds: Float64Array;
}

/** How to come from the parent to the snapshot without writing what both hold, or why everything is built anew. */
export async function planAppend(options: {
  store: ObjectStore;
  parent: GenerationManifest;
  snapshot: PipelineSnapshot;
  limits?: MergeLimits | undefined;
  signal?: AbortSignal | undefined;
}): Promise<AppendPlan | { reason: string }> {
  const { store, parent, snapshot, limits = defaultLimits, signal } = options;
  using ledger = await openLedger(store, parent);
  const before = ledger.indexedRanges();
  const { added, removed } = diffRows(before, snapshot.indexedRowIds());
  // Looking up every chunk of so many rows would be work for nothing: rows have about as many chunks each.
  if (removed.length > 2 * limits.deadShareMax * rangeTotal(before)) {
    return { reason: `${removed.length} rows are gone` };
  }
  const segments = await buryRows({ store, parent, removed, signal });
  const plan = planSegments(segments, snapshot.countChunks(added), limits);
  if (plan.kind === "full") return { reason: plan.reason };
  // A damaged file must not be handed on under the checksum that it should have.
  if (!(await areIntact(options, plan.kept))) return { reason: "the parent is damaged" };
  const folded = await livingRows(options, plan.folded);
  const rowIds = folded.length === 0 ? added : Float64Array.from([...added, ...folded]).sort();
  return { parent, kept: plan.kept, rowIds };
}

/** The parent's segments with the removed rows' chunks counted among the dead. */
async function buryRows(options: {
  store: ObjectStore;
  parent: GenerationManifest;
  removed: Float64Array;
  signal: AbortSignal | undefined;
}): Promise<KeptSegment[]> {
  const { parent, removed } = options;
  const segments: KeptSegment[] = [];
  for (const segment of parent.segments) {
    const dead = await knownDead(options, segment);
    if (removed.length === 0) {
      segments.push({ ...segment, dead });
      continue;
    }
    using rows = await openRows(options, segment);
    const dying = await rows.placesOf(removed);
    let words = segment.deadTokenCount;
    for (const place of dying) words += countWords(rows.fetch([place])[0]!.text);
    const all = Uint32Array.from([...dead, ...dying]).sort();
    segments.push({ ...segment, dead: all, deadCount: all.length, deadTokenCount: words });
  }
  return segments;
}

interface ParentFiles {
  store: ObjectStore;
  parent: GenerationManifest;
  signal?: AbortSignal | undefined;
}

async function knownDead(source: ParentFiles, segment: Segment): Promise<Uint32Array> {
  if (segment.deadCount === 0) return new Uint32Array();
  const folder = await verified(source, deadFile(segment.folder));
  const expected = { count: segment.deadCount, below: segment.chunkCount };
  return readPlaces(path.join(folder, deadFile(segment.folder)), expected);
}

async function livingRows(source: ParentFiles, segments: readonly KeptSegment[]): Promise<number[]> {
  const living: number[] = [];
  for (const segment of segments) {
    const dead = new Set(segment.dead);
    using rows = await openRows(source, segment);
    for await (const { rowIds, places } of rows.rowPlaces()) {
      rowIds.forEach((rowId, row) => {
        if (!dead.has(places[row]!)) living.push(rowId);
      });
    }
  }
  return living;
}

async function openRows(source: ParentFiles, segment: Segment): Promise<SegmentRows & Disposable> {
  const file = path.posix.join(segment.folder, rowStoreFile);
  const rows = openRowStore(path.join(await verified(source, file), file));
  return { ...rows, [Symbol.dispose]: () => rows.close() };
}

async function areIntact(
  { store, parent, signal }: ParentFiles,
  segments: readonly Segment[],
): Promise<boolean> {
  const files = filesOf(parent, segments);
  const { problems } = await findFileProblems({ store, manifest: { ...parent, files }, signal });
  return problems.length === 0;
}

/** The files of these segments, but for the lists of their dead. */
export function filesOf(parent: GenerationManifest, segments: readonly Segment[]): GenerationFile[] {
  return parent.files.filter((file) => segments.some(({ folder }) => file.path.startsWith(`${folder}/`)));
}

async function verified({ store, parent, signal }: ParentFiles, file: string): Promise<string> {
  const files = parent.files.filter((candidate) => candidate.path === file);
  return verifyFiles({ store, manifest: { ...parent, files }, signal });
}

import { DatasetName, IndexName } from "@lakefleet/queues/names.ts";
import { z } from "zod";
import { DomainError } from "../../errors/domain-error.ts";
import { canonicalJson } from "../../storage/canonical-json.ts";
import { type CommitLog, openCommitLog } from "../../storage/commit-log.ts";
import type { ObjectStore } from "../../storage/object-store.ts";

/** A folder whose documents are the rows of one dataset, and stay so whatever becomes of the files. */
export const Watch = z.strictObject({
  name: DatasetName,
  /** Absolute, with links resolved. */
  folder: z.string().min(1).max(4_096),
  recursive: z.boolean(),
  dataset: DatasetName,
  index: z.union([z.literal("none"), IndexName]).optional(),
  backend: z.enum(["hnsw", "lance"]).optional(),
  embedder: z.string().min(1).max(200).optional(),
  chunk_size: z.int().min(32).max(32_768).optional(),
  overlap: z.int().min(0).max(16_384).optional(),
  metadata_columns: z.array(z.string().min(1).max(1_000)).max(256).optional(),
});
export type Watch = z.infer<typeof Watch>;

/** Each is a process's timers and a part of the kernel's watches. */
const watchesMax = 256;

const WatchList = z.strictObject({ schemaVersion: z.literal(1), watches: z.array(Watch).max(watchesMax) });
export type WatchList = z.infer<typeof WatchList>;

/** The inbox is always watched; its name is taken. */
export const inboxWatch = "inbox";

/** The commit log `watches/definitions/`: each document is all watches that there are then. */
export function watchLog(store: ObjectStore): CommitLog<WatchList> {
  return openCommitLog({ store, prefix: "watches/definitions/", schema: WatchList });
}

/**
 * Commits a further watch; the same one again changes nothing. `conflict`: `watch-exists` where the name is another
 * watch's, `watch-dataset` where the dataset's rows are another folder's files.
 */
export async function addWatch(store: ObjectStore, watch: Watch): Promise<Watch> {
  await watchLog(store).commit((head) => {
    const watches = head?.document.watches ?? [];
    const same = watches.find(({ name }) => name === watch.name);
    if (same !== undefined && canonicalJson(same) === canonicalJson(watch)) return undefined;
    if (same !== undefined || watch.name === inboxWatch) throw watchExists(watch.name);
    const other = watches.find(({ dataset }) => dataset === watch.dataset);
    if (other !== undefined) throw datasetWatched(watch.dataset, other.name);
    if (watches.length >= watchesMax) throw tooManyWatches();
    return { schemaVersion: 1, watches: [...watches, watch] };
  });
  return watch;
}

/** Commits the list without it; the rows stay. `not-found`, `watch-missing`, and `forbidden`, `watch-inbox`. */
export async function removeWatch(store: ObjectStore, name: string): Promise<void> {
  if (name === inboxWatch) throw inboxStays();
  await watchLog(store).commit((head) => {
    const watches = head?.document.watches ?? [];
    if (!watches.some((watch) => watch.name === name)) throw watchMissing(name);
    return { schemaVersion: 1, watches: watches.filter((watch) => watch.name !== name) };
  });
}

function watchExists(name: string): DomainError {
  return new DomainError({
    kind: "conflict",
    type: "watch-exists",
    field: "name",
    message: `There is another watch ${JSON.stringify(name)}.`,
    remedy: "Choose another name, or remove that one first.",
  });
}

function datasetWatched(dataset: string, other: string): DomainError {
  return new DomainError({
    kind: "conflict",
    type: "watch-dataset",
    field: "dataset",
    message: `The watch ${other} feeds the dataset ${dataset} already; files of one path would be one row.`,
    remedy: "Choose another dataset.",
  });
}

function watchMissing(name: string): DomainError {
  return new DomainError({
    kind: "not-found",
    type: "watch-missing",
    field: "name",
    message: `There is no watch ${JSON.stringify(name)}.`,
  });
}

function inboxStays(): DomainError {
  return new DomainError({
    kind: "forbidden",
    type: "watch-inbox",
    field: "name",
    message: "The inbox is always watched.",
  });
}

function tooManyWatches(): DomainError {
  return new DomainError({
    kind: "conflict",
    type: "watch-count",
    message: `There are ${watchesMax} watches, which is the limit.`,
    remedy: "Watch a folder further up, or remove a watch.",
  });
}

import type { CommitLog } from "../storage/commit-log.ts";
import type { Commit } from "../storage/commit-record.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { datasetKeys } from "./dataset-keys.ts";
import type { DatasetVersion } from "./dataset-version.ts";

/**
 * Writes down, before the commit, which number the version may get. Every attempt has keys of its own, so that no
 * writer can wipe out what another one says; an attempt that lost its race points at a version of someone else's.
 * The first version's attempt also enters the dataset in the catalogue.
 */
export async function markAttempt(store: ObjectStore, version: DatasetVersion): Promise<void> {
  const keys = datasetKeys(version.dataset);
  const { ingestId, contentHash, mode } = version.ingest;
  const content = Buffer.from(JSON.stringify({ ingestId, version: version.version }));
  const name = `${String(version.version).padStart(12, "0")}.json`;
  const marks = [keys.attempts(ingestId) + name];
  // Of the other modes only the last write counts, and that one stands in the version itself.
  if (mode === "append") marks.push(keys.contents(version.epoch, contentHash) + name);
  if (version.version === 1) marks.push(keys.catalogEntry);
  await Promise.all(marks.map((key) => store.put(key, content)));
}

/** The committed versions that the markers under a prefix point at, oldest first. */
export async function* markedVersions(search: {
  store: ObjectStore;
  log: CommitLog<DatasetVersion>;
  head: Commit<DatasetVersion>;
  prefix: string;
}): AsyncIterable<DatasetVersion> {
  const { store, log, head, prefix } = search;
  for await (const { key } of store.list(prefix)) {
    const number = Number(/(\d{12})\.json$/.exec(key)?.[1] ?? Number.NaN);
    if (number === head.number) yield head.document;
    else if (number < head.number) yield (await log.read(number)).document;
  }
}

import { isDeepStrictEqual } from "node:util";
import type { CommitLog } from "../storage/commit-log.ts";
import type { Commit } from "../storage/commit-record.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import type { RowContract } from "./contract/row-contract.ts";
import { datasetKeys } from "./dataset-keys.ts";
import { datasetLog } from "./dataset-log.ts";
import type { DatasetVersion, IngestSummary } from "./dataset-version.ts";
import { markedVersions } from "./ingest-markers.ts";
import { type AskedSettings, resolveSettings, sameSettings } from "./resolve-settings.ts";

export interface SameContentQuery {
  contentHash: string;
  mode: IngestSummary["mode"];
  /** What the write would set; where it would change anything, the content is not ingested yet. */
  settings?: AskedSettings;
  /** The contract that the write would bring. */
  contract?: RowContract | undefined;
}

/**
 * The version that a write made, by its id; or, by its content, the newest version if writing that content again in
 * that mode would change nothing. `undefined` where there is work to do.
 */
export async function findIngested(
  store: ObjectStore,
  dataset: string,
  query: { ingestId: string } | SameContentQuery,
): Promise<DatasetVersion | undefined> {
  const log = datasetLog(store, dataset);
  const head = await log.head();
  if (head === undefined) return undefined;
  if ("ingestId" in query) return findByIngestId({ store, log, head, ingestId: query.ingestId });
  if (!(await holdsContent({ store, log, head, ...query }))) return undefined;
  const current = head.document;
  if (query.contract !== undefined && !isDeepStrictEqual(query.contract, current.contract)) return undefined;
  const settings = resolveSettings(current.columns, query.settings ?? {}, current);
  return sameSettings(current, settings) ? current : undefined;
}

interface Search {
  store: ObjectStore;
  log: CommitLog<DatasetVersion>;
  head: Commit<DatasetVersion>;
}

export async function findByIngestId(
  search: Search & { ingestId: string },
): Promise<DatasetVersion | undefined> {
  const { head, ingestId } = search;
  const prefix = datasetKeys(head.document.dataset).attempts(ingestId);
  for await (const version of markedVersions({ ...search, prefix })) {
    if (version.ingest.ingestId === ingestId) return version;
  }
  return undefined;
}

/**
 * Whether writing this content again in this mode would leave the rows as they are. An append is done if it was done at any time since the rows were last replaced as a whole. Replacing and upserting
 * undo what other writes did in between, so for them only the last write counts.
 */
export async function holdsContent(
  search: Search & Pick<SameContentQuery, "contentHash" | "mode">,
): Promise<boolean> {
  const { head, contentHash, mode } = search;
  const current = head.document;
  const isSame = ({ ingest }: DatasetVersion) => ingest.contentHash === contentHash && ingest.mode === mode;
  if (mode !== "append") return isSame(current);
  const prefix = datasetKeys(current.dataset).contents(current.epoch, contentHash);
  for await (const version of markedVersions({ ...search, prefix })) {
    if (isSame(version)) return true;
  }
  return false;
}

import { rm } from "node:fs/promises";
import type { CommitLog } from "../storage/commit-log.ts";
import type { Commit } from "../storage/commit-record.ts";
import { failpoint } from "../storage/failpoint.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { assertNoReservedColumn } from "./column-names.ts";
import { assertKnownColumns } from "./contract/check-contract.ts";
import type { RowContract } from "./contract/row-contract.ts";
import { datasetLog } from "./dataset-log.ts";
import type { DatasetVersion, IngestSummary } from "./dataset-version.ts";
import { findByIngestId, holdsContent } from "./find-ingested.ts";
import { inspectIncoming, prepareIncoming } from "./incoming-rows.ts";
import { markAttempt } from "./ingest-markers.ts";
import { nextVersion } from "./next-version.ts";
import { type PlanOptions, planRows, planSettingsOnly } from "./plan-rows.ts";
import type { AskedSettings } from "./resolve-settings.ts";
import { createStagedFiles, type StagedFiles } from "./staged-files.ts";
import type { StagedRows } from "./staged-rows.ts";

export interface CommitRowsOptions {
  store: ObjectStore;
  dataset: string;
  /** Names this write for ever: committing it again gives the version that it made. */
  ingestId: string;
  mode: IngestSummary["mode"];
  /** The column whose value identifies a row; where it is not given, the one of the last write that had one. */
  key?: string | undefined;
  /** Keys, as text, whose rows leave with an upsert. */
  removedKeys?: readonly string[] | undefined;
  staged: StagedRows;
  contentHash: string;
  source: IngestSummary["source"];
  /** Up to where this write has read its source; becomes part of the version. */
  watermark?: { source: string; value: string } | undefined;
  /** Absent and empty mean: what the dataset has. */
  settings: Omit<AskedSettings, "keyColumn">;
  /** What these rows and all later ones must keep to; absent means what the dataset has. */
  contract?: RowContract | undefined;
  /** What becomes of rows that break the contract: they refuse the write, or go to the reject file. */
  onError?: "refuse" | "skip" | undefined;
  /** What a keyed write may hold to compare rows before it spills to disk. */
  memoryMib?: number;
  signal?: AbortSignal | undefined;
  progress?: ((progress: { done: number; total: number; unit: "rows" }) => void) | undefined;
}

export interface CommittedRows {
  version: DatasetVersion;
  /** Nothing had to change; `version` is the one that was there, and its `ingest` tells of an earlier write. */
  noop: boolean;
}

/** The ingest worker's own default; see LAKEFLEET_INGEST_MEMORY_MIB. */
const defaultMemoryMib = 400;

/**
 * Makes the staged rows part of the dataset as its next version, or finds that they are. Their files are moved away.
 * Losing the race against another writer costs a new decision, not a new data file.
 */
export async function commitRows(options: CommitRowsOptions): Promise<CommittedRows> {
  const { store, dataset, staged, signal, progress } = options;
  assertNoReservedColumn(staged.columns);
  progress?.({ done: 0, total: staged.rowCount, unit: "rows" });
  const log = datasetLog(store, dataset);
  const files = createStagedFiles(options);
  const scratch = await store.scratch();
  try {
    let found: CommittedRows | undefined;
    const commit = await log.commit(
      async (head, number) => {
        const decision = await decide({ options, log, files, scratch, head, number });
        if ("noop" in decision) found = decision;
        return "noop" in decision ? undefined : decision;
      },
      signal === undefined ? {} : { signal },
    );
    if (commit !== undefined) failpoint("ingest.after-commit");
    const result = commit === undefined ? found : { version: commit.document, noop: false };
    if (result === undefined) throw new Error(`the commit to ${dataset} ended without a decision`);
    progress?.({ done: staged.rowCount, total: staged.rowCount, unit: "rows" });
    return result;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

interface Attempt {
  options: CommitRowsOptions;
  log: CommitLog<DatasetVersion>;
  files: StagedFiles;
  scratch: string;
  head: Commit<DatasetVersion> | undefined;
  number: number;
}

async function decide(attempt: Attempt): Promise<CommittedRows | DatasetVersion> {
  const { options, log, files, scratch, head, number } = attempt;
  const { store, ingestId, contentHash, mode } = options;
  if (head !== undefined) {
    const own = await findByIngestId({ store, log, head, ingestId });
    if (own !== undefined) return { version: own, noop: false };
  }
  const isThere = head !== undefined && (await holdsContent({ store, log, head, contentHash, mode }));
  const current = head?.document;
  const memoryMib = options.memoryMib ?? defaultMemoryMib;
  const planned = { ...options, memoryMib, current, number, files, scratch };
  const version =
    isThere && current !== undefined ? await planSameRows(planned, current) : await planVersion(planned);
  if (version === undefined) {
    if (current === undefined) throw new Error("the first version of a dataset cannot change nothing");
    return { version: current, noop: true };
  }
  await markAttempt(store, version);
  failpoint("ingest.before-commit");
  return version;
}

async function planSameRows(
  planned: PlanOptions & CommitRowsOptions,
  current: DatasetVersion,
): Promise<DatasetVersion | undefined> {
  if (planned.contract !== undefined) assertKnownColumns(planned.contract, current.columns);
  const sensitivity = async () => current.sensitivity;
  return nextVersion({ ...planned, plan: planSettingsOnly(planned, current), isThere: true, sensitivity });
}

/** The version that these rows make, held against the contract before anything is stored. */
async function planVersion(planned: PlanOptions & CommitRowsOptions): Promise<DatasetVersion | undefined> {
  const incoming = await prepareIncoming(planned);
  const { staged, files, drift, contract } = incoming;
  const plan = await planRows({ ...planned, staged, files });
  const sensitivity = () => inspectIncoming(planned, plan);
  return nextVersion({ ...planned, staged, files, plan, isThere: false, drift, contract, sensitivity });
}

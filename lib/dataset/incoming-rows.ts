import type { ObjectStore } from "../storage/object-store.ts";
import { findColumn } from "./column-names.ts";
import { inspectColumns, mergeSensitivity, replaceSensitivity } from "./column-sensitivity.ts";
import { admitRows } from "./contract/admit-rows.ts";
import type { RowContract } from "./contract/row-contract.ts";
import type { Column, ColumnSensitivity, DatasetVersion } from "./dataset-version.ts";
import { diffColumns, driftOf } from "./evolution/diff-columns.ts";
import type { SchemaDrift } from "./evolution/schema-drift.ts";
import { overlapOf } from "./evolution/value-overlap.ts";
import { sampleValues } from "./sample-values.ts";
import { createStagedFiles, type StagedFiles } from "./staged-files.ts";
import type { StagedRows } from "./staged-rows.ts";

/** The rows of one write as they may come in, and what is to be said of them. */
export interface IncomingRows {
  staged: StagedRows;
  files: StagedFiles;
  drift: SchemaDrift | undefined;
  /** The contract that they were held against, which holds from now on. */
  contract: RowContract | undefined;
}

export interface IncomingOptions {
  store: ObjectStore;
  dataset: string;
  ingestId: string;
  mode: string;
  key?: string | undefined;
  staged: StagedRows;
  files: StagedFiles;
  contract?: RowContract | undefined;
  onError?: "refuse" | "skip" | undefined;
  current: DatasetVersion | undefined;
  scratch: string;
  memoryMib: number;
  signal?: AbortSignal | undefined;
}

/** Of the modes in which rows come in; where only keys do, nothing is to be held against a contract. */
const addingModes = ["replace", "append", "upsert", "sync"];

/** Compares the columns with the dataset's, and the rows with its contract; throws where the contract refuses them. */
export async function prepareIncoming(options: IncomingOptions): Promise<IncomingRows> {
  const { staged, files, current, mode } = options;
  const contract = options.contract ?? current?.contract;
  if (!addingModes.includes(mode)) return { staged, files, drift: undefined, contract };
  const drift = await findDrift(options);
  if (contract === undefined) return { staged, files, drift, contract };
  const rejectsPath = await files.rejectsPath();
  const here: StagedRows = {
    ...staged,
    parquetPath: await files.dataPath(),
    ...(staged.rejects === undefined || rejectsPath === undefined
      ? {}
      : { rejects: { ...staged.rejects, path: rejectsPath } }),
  };
  const { key, onError = "refuse" } = options;
  const isNew = options.contract !== undefined;
  const admitted = await admitRows({ ...options, contract, isNew, staged: here, key, onError, drift });
  if (admitted === undefined) return { staged, files, drift, contract };
  return { staged: admitted, files: createStagedFiles({ ...options, staged: admitted }), drift, contract };
}

/** What the dataset's columns hold once the planned rows are in it; rows that it holds already have been looked at. */
export async function inspectIncoming(
  options: Pick<IncomingOptions, "store" | "current" | "mode" | "signal">,
  { files, columns }: Pick<DatasetVersion, "files" | "columns">,
): Promise<ColumnSensitivity[]> {
  const { store, current, mode, signal } = options;
  const before = current?.sensitivity ?? [];
  const known = new Set(current?.files.map(({ key }) => key));
  const added = files.find(({ key }) => !known.has(key));
  const found =
    added === undefined
      ? []
      : await inspectColumns({ ...added, path: await store.materialize(added.key), signal });
  return mode === "replace"
    ? replaceSensitivity(before, found, columns)
    : mergeSensitivity(before, found, columns);
}

async function findDrift(options: IncomingOptions): Promise<SchemaDrift | undefined> {
  const { current, staged } = options;
  if (current === undefined) return undefined;
  const diff = diffColumns(current.columns, staged.columns);
  const isAmbiguous =
    diff.added.length + diff.renamed.length > 0 && diff.removed.length + diff.renamed.length > 0;
  if (!isAmbiguous) return driftOf(diff);
  const gone = [...diff.removed, ...diff.renamed.map(({ from }) => from)];
  const come = [...diff.added, ...diff.renamed.map(({ to }) => to)];
  const overlap = overlapOf(
    await sampleNewest(options, current, gone),
    await sampleValues({
      path: await options.files.dataPath(),
      columns: come,
      rowCount: staged.rowCount,
      signal: options.signal,
    }),
  );
  return driftOf(diffColumns(current.columns, staged.columns, overlap));
}

/** The newest file tells best what came in lately under these names. */
async function sampleNewest(
  { store, signal }: IncomingOptions,
  { files }: DatasetVersion,
  columns: readonly Column[],
): Promise<Map<string, string[]>> {
  const newest = files.findLast((file) =>
    columns.every(({ name }) => findColumn(file.columns, name) !== undefined),
  );
  if (newest === undefined) return new Map();
  const path = await store.materialize(newest.key);
  return sampleValues({ path, columns, rowCount: newest.rowCount, signal });
}

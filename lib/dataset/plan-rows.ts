import { rm } from "node:fs/promises";
import path from "node:path";
import { DomainError } from "../errors/domain-error.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { requireColumn } from "./column-names.ts";
import { datasetKeys } from "./dataset-keys.ts";
import { datasetMissing } from "./dataset-log.ts";
import type { DatasetVersion, IngestSummary, RowFile, TombstoneFile } from "./dataset-version.ts";
import { mergeKeyedColumns } from "./keyed-columns.ts";
import { mergeColumns } from "./merge-columns.ts";
import { planDelete } from "./plan-delete.ts";
import { planUpsert } from "./plan-upsert.ts";
import { type PublishedFile, publishFile } from "./publish-file.ts";
import { type AskedSettings, type DatasetSettings, resolveSettings } from "./resolve-settings.ts";
import type { StagedFiles } from "./staged-files.ts";
import type { StagedRows } from "./staged-rows.ts";
import type { Leaving } from "./upsert-tables.ts";

type RowState = Pick<DatasetVersion, "columns" | "files" | "tombstones" | "rowCount" | "nextRowId" | "epoch">;

/** The rows of the next version; every file it names is published. */
export interface RowPlan extends RowState {
  settings: DatasetSettings;
  rowsAdded: number;
  rowsUpdated: number;
  rowsRemoved: number;
  /** Of writes that compare: rows that were there and equal. */
  rowsUnchanged?: number;
}

export interface PlanOptions {
  store: ObjectStore;
  dataset: string;
  ingestId: string;
  mode: IngestSummary["mode"];
  key?: string | undefined;
  /** Keys whose rows leave with an upsert. */
  removedKeys?: readonly string[] | undefined;
  staged: StagedRows;
  files: StagedFiles;
  settings: Omit<AskedSettings, "keyColumn">;
  current: DatasetVersion | undefined;
  /** The number that the next version gets. */
  number: number;
  scratch: string;
  memoryMib: number;
  signal?: AbortSignal | undefined;
}

const noRows = { files: [], tombstones: [], rowCount: 0, nextRowId: 0 };

/** What the dataset holds after the staged rows came in; input that does not fit it is refused before it is stored. */
export function planRows(options: PlanOptions): Promise<RowPlan> {
  switch (options.mode) {
    case "replace":
      return planReplace(options);
    case "append":
      return planAppend(options);
    case "upsert":
      return planKeyedRows(options, options.removedKeys ?? "none");
    case "sync":
      return planKeyedRows(options, "absent");
    case "delete":
      return planDeleteRows(options);
  }
}

/** The rows stay; only what the write says about the columns' use may be new. */
export function planSettingsOnly(options: PlanOptions, current: DatasetVersion): RowPlan {
  return {
    ...rowState(current),
    settings: settingsFor(options, current.columns),
    ...{ rowsAdded: 0, rowsUpdated: 0, rowsRemoved: 0 },
  };
}

async function planReplace(options: PlanOptions): Promise<RowPlan> {
  const { staged, current } = options;
  const settings = settingsFor(options, staged.columns);
  const firstRowId = current?.nextRowId ?? 0;
  return {
    columns: staged.columns,
    settings,
    files: await newFile(options, { kind: "base", firstRowId }),
    tombstones: [],
    rowCount: staged.rowCount,
    nextRowId: firstRowId + staged.rowCount,
    epoch: options.number,
    rowsAdded: staged.rowCount,
    rowsUpdated: 0,
    rowsRemoved: current?.rowCount ?? 0,
  };
}

async function planAppend(options: PlanOptions): Promise<RowPlan> {
  const { staged, current } = options;
  const before = current === undefined ? { ...noRows, epoch: options.number } : rowState(current);
  const columns = mergeColumns(current?.columns ?? [], staged.columns);
  const settings = settingsFor(options, columns);
  const added = await newFile(options, { kind: fileKind(current), firstRowId: before.nextRowId });
  return {
    columns,
    settings,
    files: [...before.files, ...added],
    tombstones: before.tombstones,
    rowCount: before.rowCount + staged.rowCount,
    nextRowId: before.nextRowId + staged.rowCount,
    epoch: before.epoch,
    rowsAdded: staged.rowCount,
    rowsUpdated: 0,
    rowsRemoved: 0,
  };
}

async function planKeyedRows(options: PlanOptions, leaving: Leaving): Promise<RowPlan> {
  const { staged, current, files, scratch } = options;
  const before = current === undefined ? { ...noRows, epoch: options.number } : rowState(current);
  const key = rowKey(options);
  const columns = mergeKeyedColumns(current?.columns ?? [], staged.columns, key);
  const settings = settingsFor(options, columns);
  const stagedRows = { path: await files.dataPath(), columns: staged.columns, rowCount: staged.rowCount };
  const plan = await planUpsert({
    ...options,
    current: before,
    nextRowId: before.nextRowId,
    columns,
    key: requireColumn(columns, key, "key"),
    leaving,
    staged: stagedRows,
  });
  const file = { kind: fileKind(current), firstRowId: before.nextRowId };
  const added =
    plan.rewritten === undefined
      ? await newFile(options, file)
      : await rewrittenFile(options, { ...file, ...plan.rewritten });
  const { rowsAdded, rowsUpdated, rowsRemoved, rowsUnchanged } = plan;
  await rm(path.join(scratch, "spill"), { recursive: true, force: true });
  return {
    columns,
    settings,
    files: [...before.files, ...added],
    tombstones: [...before.tombstones, ...(await newTombstones(options, plan.tombstones))],
    rowCount: before.rowCount + rowsAdded - rowsRemoved,
    nextRowId: before.nextRowId + added.reduce((sum, { rowCount }) => sum + rowCount, 0),
    epoch: before.epoch,
    rowsAdded,
    rowsUpdated,
    rowsRemoved,
    rowsUnchanged,
  };
}

/** The staged rows name what leaves; of them only the key is looked at, and nothing is added. */
async function planDeleteRows(options: PlanOptions): Promise<RowPlan> {
  const { current, staged, files, scratch, dataset } = options;
  if (current === undefined) throw datasetMissing(dataset);
  const name = rowKey(options);
  const key = requireColumn(mergeKeyedColumns(current.columns, staged.columns, name), name, "key");
  requireColumn(current.columns, name, "key");
  const stagedKeys = { path: await files.dataPath(), stagedColumns: staged.columns, key };
  const tombstones = await planDelete({ ...options, ...stagedKeys, current });
  await rm(path.join(scratch, "spill"), { recursive: true, force: true });
  const rowsRemoved = tombstones?.rowCount ?? 0;
  return {
    ...rowState(current),
    tombstones: [...current.tombstones, ...(await newTombstones(options, tombstones))],
    rowCount: current.rowCount - rowsRemoved,
    settings: resolveSettings(current.columns, {}, current),
    ...{ rowsAdded: 0, rowsUpdated: 0, rowsRemoved },
  };
}

function rowKey({ key, staged, current }: PlanOptions): string {
  const name = key ?? current?.keyColumn;
  if (name !== undefined) return requireColumn(staged.columns, name, "key").name;
  throw new DomainError({
    kind: "invalid",
    type: "upsert-key-missing",
    message: "This write needs to know the column that identifies a row.",
    field: "key",
    remedy: "Name it as key.",
  });
}

function settingsFor(options: PlanOptions, columns: DatasetVersion["columns"]): DatasetSettings {
  return resolveSettings(columns, { ...options.settings, keyColumn: options.key }, options.current);
}

function fileKind(current: DatasetVersion | undefined): RowFile["kind"] {
  return current === undefined || current.files.length === 0 ? "base" : "delta";
}

type FilePlace = Pick<RowFile, "kind" | "firstRowId">;

/** The staged file as it is; a file without rows is not worth a name in the manifest. */
async function newFile(options: PlanOptions, place: FilePlace): Promise<RowFile[]> {
  const { staged, files } = options;
  if (staged.rowCount === 0) return [];
  return [rowFile(place, await files.publishData(), staged)];
}

async function rewrittenFile(
  options: PlanOptions,
  file: FilePlace & { path: string; rowCount: number },
): Promise<RowFile[]> {
  if (file.rowCount === 0) return [];
  const published = await publish(options, file.path, datasetKeys(options.dataset).data);
  return [rowFile(file, published, { rowCount: file.rowCount, columns: options.staged.columns })];
}

function rowFile(
  { kind, firstRowId }: FilePlace,
  published: PublishedFile,
  { rowCount, columns }: Pick<RowFile, "rowCount" | "columns">,
): RowFile {
  return { ...published, kind, firstRowId, rowCount, columns };
}

async function newTombstones(
  options: PlanOptions,
  file: { path: string; rowCount: number } | undefined,
): Promise<TombstoneFile[]> {
  if (file === undefined) return [];
  const published = await publish(options, file.path, datasetKeys(options.dataset).tombstones);
  return [{ ...published, rowCount: file.rowCount }];
}

function publish(options: PlanOptions, file: string, prefix: string): Promise<PublishedFile> {
  const { store, ingestId, signal } = options;
  return publishFile({ store, path: file, prefix, ingestId, extension: ".parquet", signal });
}

function rowState(version: DatasetVersion): RowState {
  const { columns, files, tombstones, rowCount, nextRowId, epoch } = version;
  return { columns, files, tombstones, rowCount, nextRowId, epoch };
}

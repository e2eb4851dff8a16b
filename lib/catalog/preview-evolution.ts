import { readDataset } from "../dataset/dataset-log.ts";
import type { Column, DatasetVersion } from "../dataset/dataset-version.ts";
import { nameAfter } from "../dataset/evolution/apply-rules.ts";
import { diffColumns, driftOf, typeText } from "../dataset/evolution/diff-columns.ts";
import type { MigrationRule } from "../dataset/evolution/evolution.ts";
import type { SchemaDrift } from "../dataset/evolution/schema-drift.ts";
import { jsonSafeRow, type PlainRow } from "../dataset/json-safe-row.ts";
import { scanRows } from "../dataset/scan-rows.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { evolveVersion } from "./evolve-version.ts";
import { proposeEvolution } from "./propose-evolution.ts";

export interface EvolutionPreview {
  dataset: string;
  /** To be named when the steps are approved. */
  version: number;
  rules: MigrationRule[];
  columns: Column[];
  /** Null where the columns stay as they are. */
  diff: SchemaDrift | null;
  /** Rows of both ends of the dataset. */
  rows: { rowId: number; before: Record<string, unknown>; after: Record<string, unknown> }[];
  casts: CastPreview[];
  rowsSampled: number;
}

export interface CastPreview {
  column: string;
  to: string;
  checked: number;
  /** Values that would be empty afterwards. */
  failing: number;
  examples: { rowId: number; value: string }[];
}

const examplesMax = 5;
/** More rows than these beside each other nobody compares. */
const rowsShownMax = 20;
const valueLengthMax = 200;

/** What steps, asked for or proposed, would make of the dataset's columns and of a sample of its rows. Commits nothing. */
export async function previewEvolution(options: {
  store: ObjectStore;
  dataset: string;
  rules?: readonly MigrationRule[] | undefined;
  target?: readonly Column[] | undefined;
  sampleRows: number;
}): Promise<EvolutionPreview> {
  const { store, dataset, sampleRows } = options;
  const current = await readDataset(store, dataset);
  const rules = options.rules ?? (await proposeEvolution(store, current, options.target));
  const evolved = evolveVersion(current, rules);
  const [before, after] = [
    await sampleRowsOf(store, current, sampleRows),
    await sampleRowsOf(store, evolved, sampleRows),
  ];
  return {
    dataset,
    version: current.version,
    rules: [...rules],
    columns: evolved.columns,
    diff: driftOf(diffColumns(current.columns, evolved.columns)) ?? null,
    rows: before.slice(0, rowsShownMax).map(({ rowId, row }, at) => ({
      rowId,
      before: jsonSafeRow(row, current.columns),
      after: jsonSafeRow(after[at]?.row ?? {}, evolved.columns),
    })),
    casts: castPreviews({ rules, current, evolved, before, after }),
    rowsSampled: before.length,
  };
}

interface SampledRow {
  rowId: number;
  row: PlainRow;
}

/** Rows from where the newest file begins, which is where drift shows, and the first rows; ascending by id. */
async function sampleRowsOf(
  store: ObjectStore,
  version: DatasetVersion,
  count: number,
): Promise<SampledRow[]> {
  const newest = version.files.at(-1)?.firstRowId ?? 0;
  const late = await readAfter({ store, version, afterRowId: newest - 1, count: Math.ceil(count / 2) });
  const early = await readAfter({ store, version, afterRowId: -1, count: count - late.length });
  const found = new Map([...early, ...late].map((one) => [one.rowId, one]));
  return [...found.values()].sort((left, right) => left.rowId - right.rowId);
}

async function readAfter(read: {
  store: ObjectStore;
  version: DatasetVersion;
  afterRowId: number;
  count: number;
}): Promise<SampledRow[]> {
  const { count, version, ...scan } = read;
  if (count < 1) return [];
  const columns = version.columns.map(({ name }) => name);
  for await (const { rows, rowIds } of scanRows({ ...scan, version, columns, batchSize: count })) {
    return rows.map((row, at) => ({ rowId: rowIds[at] ?? Number.NaN, row }));
  }
  return [];
}

function castPreviews(preview: {
  rules: readonly MigrationRule[];
  current: DatasetVersion;
  evolved: DatasetVersion;
  before: readonly SampledRow[];
  after: readonly SampledRow[];
}): CastPreview[] {
  const { rules, current, evolved, before, after } = preview;
  const cast = rules.filter((rule) => rule.kind === "cast").map(({ column }) => nameAfter(rules, column));
  return evolved.columns
    .filter(({ name }) => cast.includes(name))
    .map((column) => {
      const sources = current.columns.filter(({ name }) => nameAfter(rules, name) === column.name);
      const values = before.flatMap(({ rowId, row }, at) => {
        const value = sources.map(({ name }) => row[name] ?? null).find((one) => one !== null && one !== "");
        return value === undefined
          ? []
          : [{ rowId, value: String(value), after: after[at]?.row[column.name] ?? null }];
      });
      const failing = values.filter((value) => value.after === null);
      return {
        column: column.name,
        to: typeText(column),
        checked: values.length,
        failing: failing.length,
        examples: failing
          .slice(0, examplesMax)
          .map(({ rowId, value }) => ({ rowId, value: value.slice(0, valueLengthMax) })),
      };
    });
}

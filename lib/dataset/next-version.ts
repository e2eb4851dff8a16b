import { isDeepStrictEqual } from "node:util";
import type { RowContract } from "./contract/row-contract.ts";
import type { ColumnSensitivity, DatasetVersion, IngestSummary } from "./dataset-version.ts";
import type { SchemaDrift } from "./evolution/schema-drift.ts";
import type { RowPlan } from "./plan-rows.ts";
import { sameSettings } from "./resolve-settings.ts";
import type { StagedFiles } from "./staged-files.ts";
import type { StagedRows } from "./staged-rows.ts";

/** The document to commit, or undefined where it would say nothing new. Publishes the reject file it names. */
export async function nextVersion(options: {
  dataset: string;
  ingestId: string;
  mode: IngestSummary["mode"];
  source: IngestSummary["source"];
  contentHash: string;
  staged: StagedRows;
  files: StagedFiles;
  current: DatasetVersion | undefined;
  number: number;
  plan: RowPlan;
  watermark?: { source: string; value: string } | undefined;
  /** The same content came in before in the same way. */
  isThere: boolean;
  contract?: RowContract | undefined;
  drift?: SchemaDrift | undefined;
  /** Asked only where there is something to commit. */
  sensitivity: () => Promise<ColumnSensitivity[] | undefined>;
}): Promise<DatasetVersion | undefined> {
  const { current, plan, staged, number, files } = options;
  if (current !== undefined && saysNothingNew(options, current)) return undefined;
  const { settings, rowsAdded, rowsUpdated, rowsRemoved, rowsUnchanged, ...rows } = plan;
  const { description, owner, freshness, tags = [] } = current ?? {};
  const contract = options.contract ?? current?.contract;
  const sensitivity = await options.sensitivity();
  const rejects = await files.publishRejects();
  return {
    schemaVersion: 1,
    dataset: options.dataset,
    version: number,
    ...rows,
    ...settings,
    ...watermarksAfter(options),
    ...(description === undefined ? {} : { description }),
    ...(owner === undefined ? {} : { owner }),
    tags,
    ...(sensitivity === undefined || sensitivity.length === 0 ? {} : { sensitivity }),
    ...(contract === undefined ? {} : { contract }),
    ...(freshness === undefined ? {} : { freshness }),
    ingest: {
      ingestId: options.ingestId,
      mode: options.mode,
      source: options.source,
      contentHash: options.contentHash,
      at: new Date().toISOString(),
      rowsAdded,
      rowsUpdated,
      rowsRemoved,
      rowsRejected: staged.rejects?.rowCount ?? 0,
      ...(rowsUnchanged === undefined ? {} : { rowsUnchanged }),
      ...(rejects === undefined ? {} : { rejectsKey: rejects.key }),
      ...(options.drift === undefined ? {} : { drift: options.drift }),
    },
  };
}

/** Replacing the rows as a whole forgets what other sources had brought. */
function watermarksAfter({
  current,
  plan,
  watermark,
}: Parameters<typeof nextVersion>[0]): Pick<DatasetVersion, "watermarks"> {
  const before = current?.epoch === plan.epoch ? current.watermarks : undefined;
  if (watermark === undefined) return before === undefined ? {} : { watermarks: before };
  return { watermarks: { ...before, [watermark.source]: watermark.value } };
}

/** Rejected rows are news the first time: the file that holds them is found through the version. */
function saysNothingNew(
  {
    plan,
    staged,
    isThere,
    contract,
  }: { plan: RowPlan; staged: StagedRows; isThere: boolean; contract?: RowContract | undefined },
  current: DatasetVersion,
): boolean {
  return (
    plan.rowsAdded + plan.rowsUpdated + plan.rowsRemoved === 0 &&
    JSON.stringify(plan.columns) === JSON.stringify(current.columns) &&
    sameSettings(plan.settings, current) &&
    (contract === undefined || isDeepStrictEqual(contract, current.contract)) &&
    (isThere || (staged.rejects?.rowCount ?? 0) === 0)
  );
}

import type { DatasetVersion, IngestSummary } from "./dataset-version.ts";
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
  /** The same content came in before in the same way. */
  isThere: boolean;
}): Promise<DatasetVersion | undefined> {
  const { current, plan, staged, number, files } = options;
  if (current !== undefined && saysNothingNew(options, current)) return undefined;
  const { settings, rowsAdded, rowsUpdated, rowsRemoved, rowsUnchanged, ...rows } = plan;
  const { description, owner, tags = [] } = current ?? {};
  const rejects = await files.publishRejects();
  return {
    schemaVersion: 1,
    dataset: options.dataset,
    version: number,
    ...rows,
    ...settings,
    ...(description === undefined ? {} : { description }),
    ...(owner === undefined ? {} : { owner }),
    tags,
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
    },
  };
}

/** Rejected rows are news the first time: the file that holds them is found through the version. */
function saysNothingNew(
  { plan, staged, isThere }: { plan: RowPlan; staged: StagedRows; isThere: boolean },
  current: DatasetVersion,
): boolean {
  return (
    plan.rowsAdded + plan.rowsUpdated + plan.rowsRemoved === 0 &&
    JSON.stringify(plan.columns) === JSON.stringify(current.columns) &&
    sameSettings(plan.settings, current) &&
    (isThere || (staged.rejects?.rowCount ?? 0) === 0)
  );
}

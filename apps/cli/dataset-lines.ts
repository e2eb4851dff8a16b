import type { PresentedDataset } from "@lakefleet/lib/catalog/present-dataset.ts";
import type { ColumnRule } from "@lakefleet/lib/dataset/contract/row-contract.ts";
import { typeText } from "@lakefleet/lib/dataset/evolution/diff-columns.ts";
import { describeDrift } from "@lakefleet/lib/dataset/evolution/schema-drift.ts";

type Ingest = PresentedDataset["ingest"];

export interface DatasetVersions {
  versions: {
    version: number;
    row_count: number;
    at: string;
    ingest: Ingest;
    evolution: NonNullable<PresentedDataset["evolution"]> | null;
  }[];
}

export interface DatasetLineage {
  sources: {
    name: string;
    kind: string;
    format: string;
    mode: string;
    at: string;
    version: number;
    rows_added: number;
  }[];
  indexes: { index: string; backend: string; embedder: string; active: string | null }[];
}

/** More than these are for `--json`. */
const linesMax = 10;

/** A dataset for people, a heading for each thing that an engineer asks about. */
export function datasetLines(told: {
  dataset: PresentedDataset;
  versions: DatasetVersions["versions"];
  lineage: DatasetLineage;
}): string[] {
  const { dataset, versions, lineage } = told;
  const { version, rowCount, owner, tags } = dataset;
  return [
    `${dataset.dataset}: version ${version}, ${rowCount.toLocaleString("en-US")} rows`,
    dataset.description,
    `owner ${owner ?? "none"}; tags ${tags.length === 0 ? "none" : tags.join(", ")}`,
    ...section("columns", columnLines(dataset)),
    ...section("contract", contractLines(dataset)),
    ...section("freshness", [freshnessLine(dataset)]),
    ...section("versions", versions.slice(0, linesMax).map(versionLine)),
    ...section(
      "lineage",
      lineage.sources
        .slice(0, linesMax)
        .map(
          ({ name, kind, format, mode, rows_added, version: made }) =>
            `${kind} ${name} (${format}) → ${mode}, ${rows_added} rows → version ${made}`,
        ),
    ),
    ...section(
      "indexes",
      lineage.indexes.map(
        ({ index, backend, embedder, active }) =>
          `${index}: ${backend}, ${embedder}, serves ${active ?? "nothing yet"}`,
      ),
    ),
  ];
}

function section(title: string, lines: readonly string[]): string[] {
  return [title, ...(lines.length === 0 ? ["none"] : lines).map((line) => `  ${line}`)];
}

function columnLines({ columns, sensitive, sensitivity = [] }: PresentedDataset): string[] {
  const width = Math.max(0, ...columns.map(({ name }) => name.length));
  return columns.map((column) => {
    const known = sensitive.find((one) => one.column === column.name);
    const found = sensitivity.find((one) => one.column === column.name)?.found ?? [];
    const kinds = known?.kinds.map((kind) => {
      const confidence = found.find((one) => one.kind === kind)?.confidence;
      return known.by === "person" || confidence === undefined ? kind : `${kind} (${confidence.toFixed(2)})`;
    });
    const told =
      kinds === undefined
        ? ""
        : `  sensitive: ${kinds.join(", ")}${known?.by === "person" ? ", said by a person" : ""}`;
    return `${column.name.padEnd(width)}  ${typeText(column)}${told}`;
  });
}

function contractLines({ contract }: PresentedDataset): string[] {
  if (contract === undefined) return [];
  return [
    ...contract.columns.map((rule) => `${rule.name}: ${ruleText(rule)}`),
    ...(contract.unique === undefined ? [] : [`unique: ${contract.unique.join(", ")}`]),
    ...(contract.extra === "refuse" ? ["no other columns"] : []),
    ...(contract.drift === "refuse" ? ["no drift of the columns"] : []),
  ];
}

function ruleText({
  type,
  required,
  nullable,
  min,
  max,
  length,
  pattern,
  enum: allowed,
}: ColumnRule): string {
  const parts = [
    type,
    required === true ? "required" : undefined,
    nullable === false ? "never empty" : undefined,
    min === undefined ? undefined : `at least ${min}`,
    max === undefined ? undefined : `at most ${max}`,
    length === undefined ? undefined : `${length.min ?? 0} to ${length.max ?? "any number of"} characters`,
    pattern === undefined ? undefined : `matches ${pattern}`,
    allowed === undefined ? undefined : `one of ${allowed.join(", ")}`,
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? "anything" : parts.join(", ");
}

function freshnessLine({ freshness, freshnessState, ingest }: PresentedDataset): string {
  if (freshness === undefined || freshnessState === undefined)
    return `nothing expected; last written at ${ingest.at}`;
  const every = freshness.every === undefined ? "" : `, expected every ${freshness.every}`;
  return `${freshnessState.state}: last written at ${freshnessState.updatedAt}${every}, stale from ${freshnessState.staleAt}`;
}

function versionLine({
  version,
  row_count,
  at,
  ingest,
  evolution,
}: DatasetVersions["versions"][number]): string {
  const drift = ingest.drift === undefined ? undefined : describeDrift(ingest.drift);
  const cause = evolution === null ? ingest.mode : `columns changed, approved by ${evolution.approvedBy}`;
  return `${version}  ${at}  ${row_count} rows  ${cause}${drift === undefined ? "" : `  drift: ${drift}`}`;
}

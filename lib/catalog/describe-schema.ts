import { kindsOf } from "../dataset/column-sensitivity.ts";
import type { DatasetVersion } from "../dataset/dataset-version.ts";
import { typeText } from "../dataset/evolution/diff-columns.ts";

/** A description that nobody reads to its end describes nothing. */
const columnsNamedMax = 12;

/** What can be said of a dataset from its manifest alone, for those of which nobody has said anything. */
export function describeSchema(version: DatasetVersion): string {
  const { columns, rowCount, ingest, textColumns, keyColumn, idColumn } = version;
  const named = columns.slice(0, columnsNamedMax).map((column) => `${column.name} (${typeText(column)})`);
  const hidden = columns.length - named.length;
  const key = keyColumn ?? idColumn;
  const sensitive = (version.sensitivity ?? []).filter((one) => kindsOf(one).length > 0);
  return [
    `${plural(rowCount, "row")} with ${plural(columns.length, "column")}, last written on ${ingest.at.slice(0, 10)} from ` +
      `${ingest.source.kind === "rows" ? "rows that were sent" : `the ${ingest.source.kind} ${ingest.source.name}`} (${ingest.source.format}).`,
    `Columns: ${named.join(", ")}${hidden > 0 ? ` and ${hidden} more` : ""}.`,
    ...(key === undefined ? [] : [`A row is known by its ${key}.`]),
    ...(textColumns.length === 0 ? [] : [`Searched by ${textColumns.join(", ")}.`]),
    ...(sensitive.length === 0
      ? []
      : [`Sensitive: ${sensitive.map((one) => `${one.column} (${kindsOf(one).join(", ")})`).join(", ")}.`]),
  ].join(" ");
}

function plural(count: number, noun: string): string {
  return `${count.toLocaleString("en-US")} ${noun}${count === 1 ? "" : "s"}`;
}

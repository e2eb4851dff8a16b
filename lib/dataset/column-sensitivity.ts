import type { SensitiveKind } from "../sensitivity/sensitive-kind.ts";
import { foldColumnName } from "./column-names.ts";
import type { Column, ColumnSensitivity, DatasetVersion } from "./dataset-version.ts";
import { sampleValues } from "./sample-values.ts";

/** What a bounded sample of rows shows of each column; columns of which it shows nothing are left out. */
export async function inspectColumns(rows: {
  path: string;
  columns: readonly Column[];
  rowCount: number;
  signal?: AbortSignal | undefined;
}): Promise<ColumnSensitivity[]> {
  const sampled = await sampleValues(rows);
  // Loaded on first use: what it knows of phone numbers and addresses costs processes 100 ms that only read its findings.
  const { findSensitivity } = await import("../sensitivity/find-sensitivity.ts");
  return [...sampled]
    .map(([column, values]) => ({ column, found: findSensitivity({ name: column, values }) }))
    .filter(({ found }) => found.length > 0);
}

/**
 * What is known of the columns after rows came in beside others: the surer of both findings, since the old rows are
 * there still. What a person said stays.
 */
export function mergeSensitivity(
  before: readonly ColumnSensitivity[],
  added: readonly ColumnSensitivity[],
  columns: readonly Column[],
): ColumnSensitivity[] {
  const of = (all: readonly ColumnSensitivity[], name: string) =>
    all.find(({ column }) => foldColumnName(column) === foldColumnName(name));
  return columns.flatMap(({ name }) => {
    const [old, now] = [of(before, name), of(added, name)];
    const found = surest([...(old?.found ?? []), ...(now?.found ?? [])]);
    if (found.length === 0 && old?.override === undefined) return [];
    return [{ column: name, found, ...(old?.override === undefined ? {} : { override: old.override }) }];
  });
}

/** The same where the rows before are gone: only what a person said is left of them. */
export function replaceSensitivity(
  before: readonly ColumnSensitivity[],
  added: readonly ColumnSensitivity[],
  columns: readonly Column[],
): ColumnSensitivity[] {
  return mergeSensitivity(
    before.map((one) => ({ ...one, found: [] })),
    added,
    columns,
  );
}

function surest(found: ColumnSensitivity["found"]): ColumnSensitivity["found"] {
  const best = new Map<string, (typeof found)[number]>();
  for (const finding of found) {
    const known = best.get(finding.kind);
    // The newer one of two that are as sure.
    if (known === undefined || finding.confidence >= known.confidence) best.set(finding.kind, finding);
  }
  return [...best.values()].sort((left, right) => right.confidence - left.confidence);
}

/** The kinds that count: a person's word, else everything that was found. */
export function kindsOf({ found, override }: ColumnSensitivity): SensitiveKind[] {
  return override?.kinds ?? found.map(({ kind }) => kind);
}

/** All kinds of all columns, each once. */
export function sensitiveKinds({ sensitivity = [] }: Pick<DatasetVersion, "sensitivity">): SensitiveKind[] {
  return [...new Set(sensitivity.flatMap(kindsOf))];
}

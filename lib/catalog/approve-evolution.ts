import { findColumn, foldColumnName } from "../dataset/column-names.ts";
import { datasetLog, readDataset } from "../dataset/dataset-log.ts";
import type { DatasetVersion } from "../dataset/dataset-version.ts";
import type { MigrationRule } from "../dataset/evolution/evolution.ts";
import { DomainError } from "../errors/domain-error.ts";
import { failpoint } from "../storage/failpoint.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { countFailingCasts, type FailingCast } from "./count-failing-casts.ts";
import { evolveVersion } from "./evolve-version.ts";

export interface ApproveOptions {
  store: ObjectStore;
  dataset: string;
  /** The version that the person looked at. */
  version: number;
  rules: readonly MigrationRule[];
  approvedBy: string;
  reason?: string | undefined;
  /** What becomes of values that are none of a column's new type. */
  failingCasts: "refuse" | "null";
  /** The indexes over each column; what they are made of must not change under them. */
  columnsInUse: ReadonlyMap<string, readonly string[]>;
}

/**
 * Commits the same rows under the columns that the steps make, for one person's word. Earlier versions keep theirs.
 * `conflict`: `evolution-outdated` where the dataset has changed since, `column-in-use`, `evolution-conflict`, and
 * `cast-failing`, with examples, where values would be lost and that was not asked for.
 */
export async function approveEvolution(options: ApproveOptions): Promise<DatasetVersion> {
  const { store, dataset, rules, approvedBy, reason } = options;
  const current = await readDataset(store, dataset);
  assertLookedAt(options, current.version);
  assertNotInUse(options, current);
  const evolved = evolveVersion(current, rules);
  if (options.failingCasts === "refuse")
    assertNoneFails(await countFailingCasts({ store, current, evolved, rules }));
  const commit = await datasetLog(store, dataset).commit((head, number) => {
    assertLookedAt(options, head?.number ?? 0);
    const evolution = {
      rules: [...rules],
      from: current.version,
      approvedBy,
      ...(reason === undefined ? {} : { reason }),
      at: new Date().toISOString(),
    };
    failpoint("evolve.before-commit");
    return { ...evolved, version: number, evolution };
  });
  failpoint("evolve.after-commit");
  if (commit === undefined) throw new Error(`the evolution of ${dataset} ended without a commit`);
  return commit.document;
}

function assertLookedAt({ dataset, version }: ApproveOptions, newest: number): void {
  if (version === newest) return;
  throw new DomainError({
    kind: "conflict",
    type: "evolution-outdated",
    field: "version",
    message: `The steps were looked at over version ${version} of ${dataset}, which is at version ${newest} now.`,
    remedy: "Preview them again.",
  });
}

function assertNotInUse({ rules, columnsInUse }: ApproveOptions, { columns }: DatasetVersion): void {
  for (const [position, rule] of rules.entries()) {
    for (const name of touchedColumns(rule)) {
      const column = findColumn(columns, name);
      const indexes = column === undefined ? undefined : columnsInUse.get(foldColumnName(column.name));
      if (column === undefined || indexes === undefined) continue;
      throw new DomainError({
        kind: "conflict",
        type: "column-in-use",
        field: `rules.${position}`,
        message: `The column ${JSON.stringify(column.name)} is part of the index ${indexes.join(", ")}.`,
        place: { column: column.name },
        remedy: "Build an index that does without it first.",
      });
    }
  }
}

function touchedColumns(rule: MigrationRule): string[] {
  return rule.kind === "rename" ? [rule.from, rule.to] : [rule.column];
}

function assertNoneFails(failing: readonly FailingCast[]): void {
  const [first] = failing;
  if (first === undefined) return;
  const told = failing.map(
    ({ column, to, count, examples }) =>
      `${count.toLocaleString("en-US")} values of ${column} are no ${to}, such as ${examples
        .map(({ rowId, value }) => `${JSON.stringify(value)} (row id ${rowId})`)
        .join(", ")}`,
  );
  throw new DomainError({
    kind: "conflict",
    type: "cast-failing",
    field: "rules",
    message: `${told.join("; ")}.`,
    place: { column: first.column },
    remedy: "Correct them, choose another type, or let them be empty with failing_casts null.",
  });
}

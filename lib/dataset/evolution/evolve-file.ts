import { DomainError } from "../../errors/domain-error.ts";
import { findColumn, foldColumnName } from "../column-names.ts";
import type { RowFile } from "../dataset-version.ts";
import type { EvolvedColumn, MigrationRule } from "./evolution.ts";

type FileColumns = Pick<RowFile, "key" | "columns" | "evolved">;

/** Where the file has each of the dataset's columns after the steps; its bytes stay as they are. */
export function evolveFile(file: FileColumns, rules: readonly MigrationRule[]): EvolvedColumn[] {
  const sources = new Map((file.evolved ?? []).map((source) => [foldColumnName(source.column), source]));
  const read = (column: string) => sources.get(foldColumnName(column)) ?? storedColumn(file, column);
  const write = (source: EvolvedColumn) => void sources.set(foldColumnName(source.column), source);
  for (const rule of rules) {
    switch (rule.kind) {
      case "rename": {
        const source = read(rule.from);
        if (foldColumnName(rule.from) !== foldColumnName(rule.to)) {
          assertOneSource({ file, rule, from: source, to: read(rule.to) });
          write({ column: rule.from, from: null });
        }
        if (!isEmpty(source)) write({ ...source, column: rule.to });
        break;
      }
      case "cast":
        write({ ...read(rule.column), column: rule.column, lenient: true });
        break;
      case "default":
        if (rule.value !== null) write({ ...read(rule.column), column: rule.column, value: rule.value });
        break;
      case "drop":
        write({ column: rule.column, from: null });
        break;
    }
  }
  return [...sources.values()].filter((source) => !saysNothing(file, source));
}

/** The file's own column of that name, which is what a column is until something else was decided. */
function storedColumn(file: FileColumns, column: string): EvolvedColumn {
  return { column, from: findColumn(file.columns, column)?.name ?? null };
}

function isEmpty(source: EvolvedColumn): boolean {
  return source.from === null && source.value === undefined;
}

function saysNothing(file: FileColumns, source: EvolvedColumn): boolean {
  const stored = storedColumn(file, source.column);
  return source.from === stored.from && source.lenient === undefined && source.value === undefined;
}

function assertOneSource(merge: {
  file: FileColumns;
  rule: MigrationRule & { kind: "rename" };
  from: EvolvedColumn;
  to: EvolvedColumn;
}): void {
  if (isEmpty(merge.from) || isEmpty(merge.to)) return;
  const { from, to } = merge.rule;
  throw new DomainError({
    kind: "conflict",
    type: "evolution-conflict",
    field: "rules",
    message: `Rows that came in together have both ${JSON.stringify(from)} and ${JSON.stringify(to)}, so the two are not one.`,
    place: { column: from },
    remedy: "Drop one of them, or keep both.",
  });
}

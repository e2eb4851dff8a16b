import { DomainError } from "../../errors/domain-error.ts";
import type { Column } from "../column.ts";
import { findColumn, foldColumnName, isReservedColumn, requireColumn } from "../column-names.ts";
import { decimalSize } from "../column-sql-type.ts";
import { mergeColumns } from "../merge-columns.ts";
import type { MigrationRule } from "./evolution.ts";

/** The columns after the steps. One that makes no sense is `invalid`, with its place in `rules`. */
export function applyRules(columns: readonly Column[], rules: readonly MigrationRule[]): Column[] {
  const after = rules.reduce<Column[]>(
    (before, rule, position) => applyRule(before, rule, `rules.${position}`),
    [...columns],
  );
  if (after.length > 0) return after;
  throw evolutionInvalid("rules", "A dataset without columns holds nothing.");
}

function applyRule(columns: Column[], rule: MigrationRule, place: string): Column[] {
  switch (rule.kind) {
    case "rename":
      return rename(columns, rule, place);
    case "cast": {
      const column = requireColumn(columns, rule.column, `${place}.column`);
      return replace(columns, column, typed(column.name, rule.to, rule.detail, place));
    }
    case "default":
      return addDefault(columns, rule, place);
    case "drop": {
      const column = requireColumn(columns, rule.column, `${place}.column`);
      return columns.filter((other) => other !== column);
    }
  }
}

function rename(columns: Column[], rule: MigrationRule & { kind: "rename" }, place: string): Column[] {
  const from = requireColumn(columns, rule.from, `${place}.from`);
  assertUsableName(rule.to, `${place}.to`);
  const to = findColumn(columns, rule.to);
  const renamed = { ...from, name: rule.to };
  if (to === undefined || to === from) return replace(columns, from, renamed);
  const [merged = renamed] = mergeColumns([to], [{ ...from, name: to.name }]);
  return replace(columns, to, merged).filter((column) => column !== from);
}

function addDefault(columns: Column[], rule: MigrationRule & { kind: "default" }, place: string): Column[] {
  const column = findColumn(columns, rule.column);
  if (column !== undefined) {
    if (rule.type === undefined || rule.type === column.type) return columns;
    throw evolutionInvalid(
      `${place}.type`,
      `The column ${JSON.stringify(column.name)} is there as ${column.type}.`,
    );
  }
  assertUsableName(rule.column, `${place}.column`);
  const type = rule.type ?? typeOfValue(rule.value);
  return [...columns, typed(rule.column, type, rule.detail, place)];
}

function typeOfValue(value: (MigrationRule & { kind: "default" })["value"]): Column["type"] {
  if (typeof value === "boolean") return "boolean";
  if (typeof value === "number") return Number.isSafeInteger(value) ? "bigint" : "double";
  return "varchar";
}

function typed(name: string, type: Column["type"], detail: string | undefined, place: string): Column {
  const column = { name, type, ...(detail === undefined ? {} : { detail }) };
  const size = decimalSize(column);
  const isFine =
    detail === undefined ||
    (type === "decimal" &&
      size !== undefined &&
      size.precision >= 1 &&
      size.precision <= 38 &&
      size.scale <= size.precision);
  if (isFine) return column;
  throw evolutionInvalid(`${place}.detail`, `${JSON.stringify(detail)} says nothing of a ${type}.`);
}

function replace(columns: Column[], old: Column, now: Column): Column[] {
  return columns.map((column) => (column === old ? now : column));
}

function assertUsableName(name: string, field: string): void {
  if (isReservedColumn(name))
    throw evolutionInvalid(field, `A column cannot be called ${JSON.stringify(name)}.`);
}

/** The name that a column has after the steps; undefined where it was dropped. */
export function nameAfter(rules: readonly MigrationRule[], name: string): string | undefined {
  let current: string | undefined = name;
  for (const rule of rules) {
    if (current === undefined) return undefined;
    const isIt = (other: string) => foldColumnName(other) === foldColumnName(current ?? "");
    if (rule.kind === "rename" && isIt(rule.from)) current = rule.to;
    else if (rule.kind === "drop" && isIt(rule.column)) current = undefined;
  }
  return current;
}

export function evolutionInvalid(field: string, message: string): DomainError {
  return new DomainError({ kind: "invalid", type: "evolution-invalid", field, message });
}

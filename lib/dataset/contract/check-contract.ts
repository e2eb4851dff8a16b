import { DomainError } from "../../errors/domain-error.ts";
import type { Column } from "../column.ts";
import { findColumn, foldColumnName } from "../column-names.ts";
import type { ColumnRule, RowContract } from "./row-contract.ts";

const textual: ReadonlySet<string> = new Set(["varchar", "date", "time", "timestamp", "timestamptz"]);
const numeric: ReadonlySet<string> = new Set(["bigint", "double", "decimal"]);

/** Refuses a contract that no row or nobody could make sense of: `invalid`, `contract-invalid`, with the field. */
export function assertContract(contract: RowContract): void {
  const seen = new Set<string>();
  for (const [position, rule] of contract.columns.entries()) {
    const place = `contract.columns.${position}`;
    const name = foldColumnName(rule.name);
    if (seen.has(name))
      throw contractInvalid(`${place}.name`, `The column ${JSON.stringify(rule.name)} is there twice.`);
    seen.add(name);
    assertBounds(rule, place);
    const { min = 0, max = Number.POSITIVE_INFINITY } = rule.length ?? {};
    if (min > max)
      throw contractInvalid(`${place}.length.min`, "The least length is above the greatest one.");
  }
}

/** Refuses a contract with a column that the dataset has not. */
export function assertKnownColumns(contract: RowContract, columns: readonly Column[]): void {
  const remedy = `The columns are: ${columns
    .slice(0, 50)
    .map(({ name }) => name)
    .join(", ")}.`;
  for (const [position, { name }] of contract.columns.entries()) {
    if (findColumn(columns, name) !== undefined) continue;
    const place = `contract.columns.${position}.name`;
    throw contractInvalid(place, `There is no column ${JSON.stringify(name)}.`, remedy);
  }
  for (const [position, name] of (contract.unique ?? []).entries()) {
    if (findColumn(columns, name) !== undefined) continue;
    throw contractInvalid(
      `contract.unique.${position}`,
      `There is no column ${JSON.stringify(name)}.`,
      remedy,
    );
  }
}

function assertBounds(rule: ColumnRule, place: string): void {
  for (const side of ["min", "max"] as const) {
    const bound = rule[side];
    if (bound === undefined) continue;
    const allowed = typeof bound === "number" ? numeric : textual;
    const isFine = rule.type === undefined ? typeof bound === "number" : allowed.has(rule.type);
    if (!isFine) {
      const wanted =
        typeof bound === "number" ? "bigint, double or decimal" : "varchar or that of a date or time";
      throw contractInvalid(`${place}.${side}`, `A bound ${JSON.stringify(bound)} needs the type ${wanted}.`);
    }
    if (typeof bound === "string" && rule.type !== "varchar" && !isTime(rule.type ?? "", bound)) {
      throw contractInvalid(`${place}.${side}`, `${JSON.stringify(bound)} is no ${rule.type}.`);
    }
  }
  const { min, max } = rule;
  if (min !== undefined && max !== undefined && min > max) {
    throw contractInvalid(`${place}.min`, `The least value ${min} is above the greatest one, ${max}.`);
  }
}

/** ISO 8601, which also sorts as text. */
function isTime(type: string, text: string): boolean {
  if (type === "time") return /^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?$/.test(text);
  const isDate = /^\d{4}-\d{2}-\d{2}$/.test(text);
  const isMoment = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})?$/.test(text);
  return (isDate || (type !== "date" && isMoment)) && isRealDay(text.slice(0, 10));
}

function isRealDay(day: string): boolean {
  const date = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day);
}

export function contractInvalid(field: string, message: string, remedy?: string): DomainError {
  return new DomainError({ kind: "invalid", type: "contract-invalid", field, message, remedy });
}

import type { Column } from "../column.ts";
import { findColumn } from "../column-names.ts";
import { columnSqlType } from "../column-sql-type.ts";
import { sqlIdentifier, sqlLiteral } from "../sql-quote.ts";
import type { ColumnRule, RowContract } from "./row-contract.ts";
import { isTypeSql, numberSql } from "./type-sql.ts";

/** One thing that a row can break. */
export interface RowRule {
  column: string;
  rule: "type" | "nullable" | "min" | "max" | "length" | "pattern" | "enum" | "unique";
  reason: string;
  /** A condition over the row's columns that is true or false, never null. */
  brokenSql: string;
}

/** The contract's rules over rows that come in with these columns; columns that are not there have none. */
export function compileRules(contract: RowContract, staged: readonly Column[]): RowRule[] {
  return contract.columns.flatMap((rule) => {
    const column = findColumn(staged, rule.name);
    return column === undefined ? [] : columnRules(rule, column);
  });
}

function columnRules(rule: ColumnRule, column: Column): RowRule[] {
  const value = sqlIdentifier(column.name);
  const text = `CAST(${value} AS VARCHAR)`;
  const rules: RowRule[] = [];
  const demand = (name: RowRule["rule"], reason: string, holds: string | undefined) => {
    if (holds === undefined) return;
    const brokenSql = `(${value} IS NOT NULL AND NOT coalesce(${holds}, false))`;
    rules.push({ column: column.name, rule: name, reason, brokenSql });
  };
  if (rule.nullable === false) {
    rules.push({
      column: column.name,
      rule: "nullable",
      reason: "is empty",
      brokenSql: `(${value} IS NULL)`,
    });
  }
  if (rule.type !== undefined) demand("type", `is no ${rule.type}`, isTypeSql(rule.type, column, value));
  const typed = comparableSql(rule, column, value);
  if (rule.min !== undefined)
    demand("min", `is below ${rule.min}`, `${typed} >= ${boundSql(rule, rule.min)}`);
  if (rule.max !== undefined)
    demand("max", `is above ${rule.max}`, `${typed} <= ${boundSql(rule, rule.max)}`);
  const { min, max } = rule.length ?? {};
  if (min !== undefined) demand("length", `is shorter than ${min} characters`, `length(${text}) >= ${min}`);
  if (max !== undefined) demand("length", `is longer than ${max} characters`, `length(${text}) <= ${max}`);
  if (rule.pattern !== undefined) {
    demand(
      "pattern",
      `does not match ${rule.pattern}`,
      `regexp_full_match(${text}, ${sqlLiteral(rule.pattern)})`,
    );
  }
  if (rule.enum !== undefined)
    demand("enum", "is not one of the allowed values", enumSql(rule.enum, column, value));
  return rules;
}

/** A value as its bounds are compared; null where it is no such value, and no number that has no order. */
function comparableSql(rule: ColumnRule, column: Column, value: string): string {
  if (typeof (rule.min ?? rule.max) === "number") return `nullif(${numberSql(column, value)}, 'NaN'::DOUBLE)`;
  if (rule.type === undefined || rule.type === "varchar") return `CAST(${value} AS VARCHAR)`;
  return `TRY_CAST(CAST(${value} AS VARCHAR) AS ${columnSqlType({ name: rule.name, type: rule.type })})`;
}

function boundSql(rule: ColumnRule, bound: string | number): string {
  if (typeof bound === "number") return `CAST(${bound} AS DOUBLE)`;
  const type = rule.type === undefined ? "VARCHAR" : columnSqlType({ name: rule.name, type: rule.type });
  return `CAST(${sqlLiteral(bound)} AS ${type})`;
}

function enumSql(allowed: readonly (string | number)[], column: Column, value: string): string {
  const texts = allowed.filter((one) => typeof one === "string").map(sqlLiteral);
  const numbers = allowed.filter((one) => typeof one === "number").map((one) => `CAST(${one} AS DOUBLE)`);
  const choices = [
    ...(texts.length === 0 ? [] : [`CAST(${value} AS VARCHAR) IN (${texts.join(", ")})`]),
    ...(numbers.length === 0
      ? []
      : [`coalesce(${numberSql(column, value)} IN (${numbers.join(", ")}), false)`]),
  ];
  return `(${choices.join(" OR ")})`;
}

import type { Column } from "../column.ts";
import { findColumn } from "../column-names.ts";
import type { AdmitRowsOptions } from "./admit-rows.ts";
import type { BrokenRowsInput } from "./broken-rows.ts";
import type { RowContract } from "./row-contract.ts";
import { compileRules, type RowRule } from "./rule-sql.ts";

/** The staged columns with the types that the contract gives them. */
export function contractColumns(contract: RowContract, staged: readonly Column[]): Column[] {
  const named = contract.columns.map(({ name, type }) => ({
    name,
    type: type ?? ("varchar" as const),
    isTyped: type !== undefined,
  }));
  return staged.map((column) => {
    const rule = named.find((one) => one.isTyped && findColumn([one], column.name) !== undefined);
    // A decimal's scale is the file's own; the contract asks for a number only.
    if (rule === undefined || rule.type === column.type || rule.type === "decimal") return column;
    return { name: column.name, type: rule.type };
  });
}

/** The rules that the rows are held against, and the columns that name a row that breaks one. */
export function planChecks({ contract, staged, current, key, mode }: AdmitRowsOptions) {
  const rules = compileRules(contract, staged.columns);
  const unique = (contract.unique ?? []).map((name) => findColumn(staged.columns, name));
  const keyColumns = unique.filter((column) => column !== undefined);
  const isKeyed = mode !== "append" && mode !== "replace";
  const keyColumn = key ?? current?.keyColumn;
  // Rows of an equal key replace each other there, so nothing can come in twice.
  const isReplaced =
    isKeyed &&
    keyColumns.length === 1 &&
    keyColumn !== undefined &&
    findColumn(keyColumns, keyColumn) !== undefined;
  const isChecked = unique.length > 0 && keyColumns.length === unique.length && !isReplaced;
  const uniqueRule = isChecked ? rules.length : undefined;
  if (isChecked) rules.push(uniqueRuleOf(keyColumns));
  const named =
    keyColumns.length > 0
      ? keyColumns
      : [keyColumn, current?.idColumn]
          .flatMap((name) => findColumn(staged.columns, name ?? "") ?? [])
          .slice(0, 1);
  const input: BrokenRowsInput = { path: staged.parquetPath, columns: staged.columns, rules, key: named };
  return { input, uniqueRule };
}

function uniqueRuleOf(columns: readonly Column[]): RowRule {
  const names = columns.map(({ name }) => name);
  return {
    column: names[0] ?? "",
    rule: "unique",
    reason: `is there twice (unique: ${names.join(", ")})`,
    brokenSql: "false",
  };
}

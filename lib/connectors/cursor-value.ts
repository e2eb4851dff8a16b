import type { Column } from "../dataset/dataset-version.ts";
import { sqlIdentifier } from "../dataset/sql-quote.ts";
import { DomainError } from "../errors/domain-error.ts";

const comparable = new Set<Column["type"]>(["bigint", "decimal", "date", "timestamp", "timestamptz"]);

/**
 * Texts are compared by a collation that only the server knows, and doubles may be NaN: neither can say where to go on.
 */
export function assertCursorType(column: Column): void {
  if (comparable.has(column.type)) return;
  throw new DomainError({
    kind: "invalid",
    type: "cursor-type",
    field: "cursor",
    message: `The column ${JSON.stringify(column.name)} cannot be the cursor: it is ${column.type}.`,
    remedy: "Choose a whole number, a decimal, a date or a timestamp that grows with every change of a row.",
  });
}

/** SQL of the engine for a column's greatest value as text that both servers read back as it was. */
export function greatestValueSql({ name, type }: Column): string {
  const column = sqlIdentifier(name);
  const isTime = type === "date" || type === "timestamp" || type === "timestamptz";
  // An infinite time would be the greatest for ever, and no later row would be read again.
  const finite = isTime ? ` FILTER (WHERE isfinite(${column}))` : "";
  const greatest = `max(${column})${finite}`;
  return `CAST(${type === "timestamptz" ? `${greatest} AT TIME ZONE 'UTC'` : greatest} AS VARCHAR)`;
}

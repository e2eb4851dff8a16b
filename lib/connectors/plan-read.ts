import { findColumn } from "../dataset/column-names.ts";
import type { ColumnType } from "../dataset/dataset-version.ts";
import { DomainError } from "../errors/domain-error.ts";
import type { ColumnPlan } from "./column-plan.ts";
import { assertCursorType } from "./cursor-value.ts";
import type { DatabaseSession, RowSelection } from "./database-session.ts";
import type { DatabaseSource } from "./database-source.ts";

/** What is asked of the server, with every name checked against what it says it has. */
export interface ReadPlan {
  columns: ColumnPlan[];
  key: ColumnPlan | undefined;
  cursor: { plan: ColumnPlan; sql: string } | undefined;
  orderBy: RowSelection["orderBy"];
}

/** Throws `column-unknown` for a name that the relation does not have, with the names that it has. */
export function planRead(
  options: { source: DatabaseSource; key?: string | undefined; wider: ReadonlyMap<string, ColumnType> },
  session: DatabaseSession,
): ReadPlan {
  const { source, wider } = options;
  const find = (name: string, field: string) => requireColumn(session.columns, name, field);
  const planned = (name: string) => session.plan(name, wider.get(name));
  const names = (source.columns ?? session.columns.map(({ name }) => name)).map(
    (name) => find(name, "columns").name,
  );
  const columns = [...new Set(names)].map(planned);
  const chosen = (name: string, field: string) => {
    const { name: found } = find(name, field);
    return columns.find(({ column }) => column.name === found) ?? notChosen(found, field);
  };
  const key = options.key ?? columns.find(({ column }) => column.name === session.primaryKey)?.column.name;
  const cursor = source.cursor && chosen(source.cursor.column, "cursor");
  if (cursor !== undefined) assertCursorType(cursor.column);
  if (cursor !== undefined && key === undefined) throw keyMissing();
  const sortSql = (name: string) => find(name, "order_by").sql;
  return {
    columns,
    key: key === undefined ? undefined : chosen(key, "key"),
    cursor: cursor && { plan: cursor, sql: find(cursor.column.name, "cursor").sql },
    // A read that can go on where it was cut needs the cursor's order before any other.
    orderBy: cursor
      ? [{ sql: sortSql(cursor.column.name), descending: false }]
      : (source.orderBy ?? []).map((text) => parseOrder(text, sortSql)),
  };
}

function parseOrder(text: string, sortSql: (name: string) => string) {
  const direction = /\s+(asc|desc)$/i.exec(text);
  return {
    sql: sortSql(direction === null ? text : text.slice(0, direction.index)),
    descending: direction?.[1]?.toLowerCase() === "desc",
  };
}

function requireColumn(columns: DatabaseSession["columns"], name: string, field: string) {
  const typed = columns.map((column) => ({ ...column, type: "varchar" as const }));
  const found = findColumn(typed, name.trim());
  const column = columns.find((one) => one.name === found?.name);
  if (column !== undefined) return column;
  throw new DomainError({
    kind: "invalid",
    type: "column-unknown",
    field,
    message: `The source has no column ${JSON.stringify(name)}.`,
    place: { column: name },
    remedy: `Its columns are: ${columns
      .slice(0, 50)
      .map((one) => one.name)
      .join(", ")}.`,
  });
}

function keyMissing(): DomainError {
  return new DomainError({
    kind: "invalid",
    type: "cursor-key",
    field: "key",
    message: "A cursor needs a key, and the source has no primary key of one column.",
    remedy: "Name the column that tells rows apart as key.",
  });
}

function notChosen(name: string, field: string): never {
  throw new DomainError({
    kind: "invalid",
    type: "column-not-read",
    field,
    message: `The column ${JSON.stringify(name)} is named as ${field}, but not among the columns to read.`,
    remedy: "Add it to columns.",
  });
}

import { DomainError } from "../errors/domain-error.ts";
import type { Column } from "./dataset-version.ts";

/** What the engine's own scan adds to a row; a user's column of that name could not be told from it. */
const reservedNames = new Set(["_row_id", "file_row_number", "file_index"]);

/** Two names with the same fold are one column, because the engine ignores the case of ASCII letters. */
export function foldColumnName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** The column of that name, exactly or else without regard to case. */
export function findColumn(columns: readonly Column[], name: string): Column | undefined {
  const folded = foldColumnName(name);
  return (
    columns.find((column) => column.name === name) ??
    columns.find((column) => foldColumnName(column.name) === folded)
  );
}

/** Like `findColumn`; a missing one is `invalid`, `column-unknown`, and the message names the columns there are. */
export function requireColumn(columns: readonly Column[], name: string, field: string): Column {
  const column = findColumn(columns, name);
  if (column !== undefined) return column;
  throw new DomainError({
    kind: "invalid",
    type: "column-unknown",
    message: `There is no column ${JSON.stringify(name)}.`,
    field,
    place: { column: name },
    remedy: `The columns are: ${columnList(columns)}.`,
  });
}

export function isReservedColumn(name: string): boolean {
  return reservedNames.has(foldColumnName(name));
}

export function assertNoReservedColumn(columns: readonly Column[]): void {
  const reserved = columns.find(({ name }) => isReservedColumn(name));
  if (reserved === undefined) return;
  throw new DomainError({
    kind: "invalid",
    type: "column-reserved",
    message: `A column cannot be called ${JSON.stringify(reserved.name)}.`,
    place: { column: reserved.name },
    remedy: "Rename the column in the source.",
  });
}

/** More names than this make a message that nobody reads. */
const namesShownMax = 50;

function columnList(columns: readonly Column[]): string {
  const shown = columns.slice(0, namesShownMax).map((column) => column.name);
  const hidden = columns.length - shown.length;
  return shown.join(", ") + (hidden > 0 ? ` and ${hidden} more` : "");
}

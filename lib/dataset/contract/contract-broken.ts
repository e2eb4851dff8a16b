import { DomainError } from "../../errors/domain-error.ts";

/** One row that breaks the contract, with everything that is wrong with it. */
export interface BrokenRow {
  /** Of the rows that came in, from 1. */
  row: number;
  /** Its value of the unique key, where there is one. */
  key?: string;
  breaks: { column: string; rule: string; reason: string; value: string | null }[];
}

/** More than these nobody reads in a message. */
export const rowsNamedMax = 20;
const valueLengthMax = 60;

/** Rows came in that the contract forbids: `invalid`, `contract-broken`, naming the first of them. */
export function contractBroken(broken: {
  rows: BrokenRow[];
  brokenCount: number;
  rowCount: number;
}): DomainError {
  const { rows, brokenCount, rowCount } = broken;
  const [first] = rows;
  const more = brokenCount > rows.length ? `; and ${count(brokenCount - rows.length)} more` : "";
  return new DomainError({
    kind: "invalid",
    type: "contract-broken",
    field: "contract",
    message: `${count(brokenCount)} of ${count(rowCount)} rows break the contract: ${rows.map(rowText).join("; ")}${more}.`,
    place: {
      ...(first === undefined ? {} : { row: first.row }),
      ...(first?.breaks[0] === undefined ? {} : { column: first.breaks[0].column }),
    },
    remedy: "Correct the rows, or ingest with on_error skip to keep them in the reject file.",
  });
}

/** The columns themselves are not what the contract says; no row can help it. */
export function columnsBroken(problems: string[], column?: string): DomainError {
  return new DomainError({
    kind: "invalid",
    type: "contract-broken",
    field: "contract",
    message: `The columns break the contract: ${problems.join("; ")}.`,
    ...(column === undefined ? {} : { place: { column } }),
    remedy: "Correct the file, or change the dataset's contract.",
  });
}

function rowText({ row, key, breaks }: BrokenRow): string {
  const named = key === undefined ? `row ${row}` : `row ${row} (key ${shorten(key)})`;
  return `${named}: ${breaks.map(breakText).join(", ")}`;
}

function breakText({ column, reason, value }: BrokenRow["breaks"][number]): string {
  return value === null ? `${column} ${reason}` : `${column} ${JSON.stringify(shorten(value))} ${reason}`;
}

function shorten(text: string): string {
  return text.length <= valueLengthMax ? text : `${text.slice(0, valueLengthMax).toWellFormed()}…`;
}

function count(rows: number): string {
  return rows.toLocaleString("en-US");
}

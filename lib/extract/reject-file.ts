import { once } from "node:events";
import { createWriteStream, type WriteStream } from "node:fs";
import { finished } from "node:stream/promises";
import { extractError } from "./extract-error.ts";
import type { OnError } from "./extraction.ts";

/** One line of a reject file. Lines and rows count from 1, bytes from 0. */
export interface RejectedRow {
  line?: number;
  row?: number;
  byte?: number;
  column?: string;
  file?: string;
  reason: string;
  /** The row as it stands in the file, cut after `textLengthMax`. */
  text: string;
}

export interface BadRow extends RejectedRow {
  /** The error's type where rows are not skipped: `csv-row`. */
  type: string;
  remedy?: string;
}

/** Takes the rows that cannot be read: throws at the first with `refuse`, writes them down with `skip`. */
export interface RejectSink {
  reject(row: BadRow): Promise<void>;
  /** Ends the file; undefined where nothing was rejected. */
  close(): Promise<{ path: string; rowCount: number } | undefined>;
}

// Enough to recognise a row by; a reject file must stay smaller than what it complains about.
const textLengthMax = 4096;

export function openRejectSink(options: { path: string; name: string; onError: OnError }): RejectSink {
  let stream: WriteStream | undefined;
  let rowCount = 0;
  return {
    async reject(bad) {
      if (options.onError === "refuse") throw refusal(options.name, bad);
      stream ??= createWriteStream(options.path);
      rowCount += 1;
      const { type: _type, remedy: _remedy, ...row } = bad;
      const line = JSON.stringify({ ...row, text: row.text.slice(0, textLengthMax).toWellFormed() });
      if (!stream.write(`${line}\n`)) await once(stream, "drain");
    },
    async close() {
      if (stream === undefined) return undefined;
      stream.end();
      await finished(stream);
      return { path: options.path, rowCount };
    },
  };
}

function refusal(name: string, bad: BadRow) {
  const { line, row, byte, column } = bad;
  return extractError({
    type: bad.type,
    message: `${bad.file ?? name}${placeText(bad)}: ${bad.reason}.`,
    place: {
      file: bad.file ?? name,
      ...(line === undefined ? {} : { line }),
      ...(row === undefined ? {} : { row }),
      ...(byte === undefined ? {} : { byte }),
      ...(column === undefined ? {} : { column }),
    },
    remedy: bad.remedy ?? "Correct the row, or ingest with on_error skip to keep it in the reject file.",
  });
}

function placeText(bad: BadRow): string {
  const parts = [
    bad.line === undefined ? undefined : `line ${bad.line}`,
    bad.row === undefined ? undefined : `row ${bad.row}`,
    bad.column === undefined ? undefined : `column ${bad.column}`,
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? "" : `, ${parts.join(", ")}`;
}

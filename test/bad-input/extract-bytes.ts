import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { withDuckDb } from "@lakefleet/lib/dataset/duckdb.ts";
import { sqlLiteral } from "@lakefleet/lib/dataset/sql-quote.ts";
import { DomainError } from "@lakefleet/lib/errors/domain-error.ts";
import { extractFile } from "@lakefleet/lib/extract/extract-file.ts";
import type { Extraction, OnError } from "@lakefleet/lib/extract/extraction.ts";
import { expect } from "vitest";

export interface Extracted {
  format: Extraction["format"];
  types: Record<string, string>;
  /** Values as the engine prints them; null is null. */
  rows: Record<string, string | null>[];
  rejects: Record<string, unknown>[];
}

/** Runs the task in a folder of its own under the system's temporary folder and removes it. */
export async function inTemporaryFolder<T>(task: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(os.tmpdir(), "lakefleet-extract-"));
  try {
    return await task(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Extracts a file with this name and content and reads the staged rows back. */
export async function extractBytes(
  name: string,
  content: string | Uint8Array,
  onError: OnError = "refuse",
): Promise<Extracted> {
  return inTemporaryFolder(async (folder) => {
    const file = path.join(folder, "input");
    await writeFile(file, content);
    const scratch = await mkdtemp(path.join(folder, "scratch-"));
    const extraction = await extractFile({ path: file, name, scratch, onError, memoryMib: 200 });
    const own = path.dirname(extraction.parquetPath);
    const kept = extraction.rejects === undefined ? ["rows.parquet"] : ["rejects.jsonl", "rows.parquet"];
    expect((await readdir(own)).sort()).toEqual(kept);
    return readBack(extraction);
  });
}

/** Extracts a file that must be refused, and answers the error after a look that nothing was left behind. */
export async function refusalOf(
  name: string,
  content: string | Uint8Array,
  onError: OnError = "refuse",
): Promise<DomainError> {
  return inTemporaryFolder(async (folder) => {
    const file = path.join(folder, "input");
    await writeFile(file, content);
    const scratch = await mkdtemp(path.join(folder, "scratch-"));
    const outcome = await extractFile({ path: file, name, scratch, onError, memoryMib: 200 }).catch(
      (error) => error,
    );
    if (!(outcome instanceof DomainError)) throw new Error(`${name} was not refused.`, { cause: outcome });
    expect(await readdir(scratch)).toEqual([]);
    expect(outcome.kind).toBe("invalid");
    expect(outcome.type).toMatch(/^(csv|json|pdf|parquet|text|html|upload|extract)-/);
    expect(outcome.place?.file).toBe(name);
    expect(outcome.remedy).toBeTruthy();
    return outcome;
  });
}

export async function readBack(extraction: Extraction): Promise<Extracted> {
  const rows = await withDuckDb({ memoryMib: 200, threads: 1 }, async (connection) => {
    const sql = `SELECT CAST(COLUMNS(*) AS VARCHAR) FROM read_parquet(${sqlLiteral(extraction.parquetPath)})`;
    return (await connection.runAndReadAll(sql)).getRowsJson();
  });
  const names = extraction.columns.map((column) => column.name);
  const rejected = extraction.rejects === undefined ? "" : await readFile(extraction.rejects.path, "utf8");
  const rejects = rejected.split("\n").filter((line) => line !== "");
  expect(rows.length).toBe(extraction.rowCount);
  expect(rejects.length).toBe(extraction.rejects?.rowCount ?? 0);
  return {
    format: extraction.format,
    types: Object.fromEntries(extraction.columns.map((column) => [column.name, column.type])),
    rows: rows.map((row) => Object.fromEntries(names.map((name, at) => [name, textOf(row[at])]))),
    rejects: rejects.map((line) => JSON.parse(line)),
  };
}

function textOf(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}

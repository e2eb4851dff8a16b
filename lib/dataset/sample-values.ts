import type { Column } from "./dataset-version.ts";
import { withDuckDb } from "./duckdb.ts";
import { sqlIdentifier, sqlLiteral } from "./sql-quote.ts";

/** Both ends and the middle, for files that are sorted or pasted together; each place more costs half a row group. */
const sliceCount = 3;
const sliceRows = 334;
/** Whatever is to be told of a value is told by its beginning; documents are long. */
const textLengthMax = 500;
/** A few row groups of wide columns, of which each slice reads one. */
const memoryMib = 256;

/** Up to a thousand values of each column as text, without nulls; columns of bytes have none. */
export async function sampleValues(options: {
  path: string;
  columns: readonly Column[];
  rowCount: number;
  signal?: AbortSignal | undefined;
}): Promise<Map<string, string[]>> {
  const columns = options.columns.filter(({ type }) => type !== "blob" && type !== "boolean");
  const sampled = new Map(columns.map(({ name }) => [name, [] as string[]]));
  if (columns.length === 0 || options.rowCount === 0) return sampled;
  await withDuckDb({ memoryMib, threads: 1, signal: options.signal }, async (connection) => {
    for (const sql of sliceQueries({ ...options, columns })) {
      const reader = await connection.runAndReadAll(sql);
      for (const [position, { name }] of columns.entries()) {
        const values = reader.getColumns()[position] ?? [];
        sampled.get(name)?.push(...values.filter((value) => typeof value === "string"));
      }
    }
  });
  return sampled;
}

function sliceQueries(options: { path: string; columns: readonly Column[]; rowCount: number }): string[] {
  const { path, columns, rowCount } = options;
  const list = columns.map(({ name }) => `left(CAST(${sqlIdentifier(name)} AS VARCHAR), ${textLengthMax})`);
  const from = `SELECT ${list.join(", ")} FROM read_parquet(${sqlLiteral(path)})`;
  if (rowCount <= sliceCount * sliceRows) return [from];
  return Array.from({ length: sliceCount }, (_, slice) => {
    const offset = Math.floor(((rowCount - sliceRows) * slice) / (sliceCount - 1));
    return `${from} LIMIT ${sliceRows} OFFSET ${offset}`;
  });
}

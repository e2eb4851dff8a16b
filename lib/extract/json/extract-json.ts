import { stat } from "node:fs/promises";
import path from "node:path";
import type { Column } from "../../dataset/dataset-version.ts";
import { withDuckDb } from "../../dataset/duckdb.ts";
import { extractError } from "../extract-error.ts";
import type { Extraction, ExtractJob } from "../extraction.ts";
import { type BadRow, openRejectSink } from "../reject-file.ts";
import { createStagingTable } from "../staging-table.ts";
import { jsonColumnCountMax } from "./json-limits.ts";
import { parseRow } from "./parse-row.ts";
import { readRawRows } from "./read-raw-rows.ts";
import { flattenRow, newRowShape, observeRow, shapeColumns } from "./row-shape.ts";
import { toRow } from "./to-row.ts";

/**
 * Turns JSON or NDJSON into rows in two passes: the first checks every row and learns all columns and their types, the
 * second writes. Memory is bounded by the longest row, not by the file.
 */
export async function extractJson(job: ExtractJob, format: "json" | "ndjson"): Promise<Extraction> {
  const { shape, rowCount, rejects } = await learnShape(job, format);
  const columns = shapeColumns(shape);
  const parquetPath = path.join(job.folder, "rows.parquet");
  const written = await withDuckDb(
    { memoryMib: job.memoryMib, tempFolder: path.join(job.folder, "spill"), signal: job.signal },
    async (connection) => {
      // Rows that are all `{}` have no column of their own, and no table has none.
      const table = await createStagingTable(connection, columns.length === 0 ? [emptyColumn] : columns);
      await readValues(job, format, {
        value(value) {
          if (columns.length === 0) table.add(["{}"], 2);
          else table.add(...toRow(flattenRow(shape, value), columns));
        },
      });
      return table.write(parquetPath);
    },
  );
  if (written !== rowCount) throw new Error(`${written} rows were written of ${rowCount} that were read.`);
  const staged = { parquetPath, columns: columns.length === 0 ? [emptyColumn] : columns, rowCount };
  return { ...staged, ...(rejects === undefined ? {} : { rejects }), format };
}

const emptyColumn: Column = { name: "value", type: "json" };

async function learnShape(job: ExtractJob, format: "json" | "ndjson") {
  const sink = openRejectSink({
    path: path.join(job.folder, "rejects.jsonl"),
    name: job.name,
    onError: job.onError,
  });
  const shape = newRowShape();
  const total = (await stat(job.path)).size;
  let rowCount = 0;
  await readValues(job, format, {
    value(value) {
      observeRow(shape, value);
      rowCount += 1;
      if (shape.nodes.length > jsonColumnCountMax) throw tooWide(job, rowCount);
    },
    bad: (row) => sink.reject(row),
    batch: (done) => job.progress?.({ done, total, unit: "bytes" }),
  });
  return { shape, rowCount, rejects: await sink.close() };
}

interface ValueHooks {
  value: (value: unknown) => void;
  bad?: (row: BadRow) => Promise<void>;
  batch?: (bytesDone: number) => void;
}

async function readValues(job: ExtractJob, format: "json" | "ndjson", hooks: ValueHooks): Promise<void> {
  for await (const batch of readRawRows({ path: job.path, name: job.name, format })) {
    for (const raw of batch) {
      const parsed = parseRow(raw);
      if (parsed.ok) hooks.value(parsed.value);
      else {
        const { ok: _ok, ...bad } = parsed;
        await hooks.bad?.({ ...bad, row: raw.row });
      }
    }
    const last = batch.at(-1);
    if (last !== undefined) hooks.batch?.(last.byte + last.bytes.length);
    job.signal?.throwIfAborted();
  }
}

function tooWide(job: ExtractJob, row: number) {
  return extractError({
    type: "json-columns",
    message: `${job.name}, row ${row}: more than ${jsonColumnCountMax} different keys, each of which would be a column.`,
    place: { file: job.name, row },
    remedy: "Put keys that differ from row to row into an array of names and values.",
  });
}

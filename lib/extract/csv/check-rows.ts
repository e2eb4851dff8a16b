import { stat } from "node:fs/promises";
import path from "node:path";
import type { ExtractJob } from "../extraction.ts";
import { openRejectSink } from "../reject-file.ts";
import type { FoundTable } from "./find-table.ts";
import { type CsvScan, scanRows } from "./scan-rows.ts";

export interface CheckedRows {
  scan: CsvScan;
  rejects: { path: string; rowCount: number } | undefined;
}

/** Walks the whole table: counts its good rows and refuses or writes down its bad ones. */
export async function checkRows(job: ExtractJob, table: FoundTable): Promise<CheckedRows> {
  const rejectsPath = path.join(job.folder, "rejects.jsonl");
  const sink = openRejectSink({ path: rejectsPath, name: job.name, onError: job.onError });
  const total = (await stat(table.path)).size;
  const isCopy = table.path !== job.path;
  const scan = await scanRows(
    { path: table.path, layout: table.layout, signal: job.signal },
    {
      async bad({ byte, ...row }) {
        // Offsets in a copy say nothing about the file that was sent.
        await sink.reject(isCopy || byte === undefined ? row : { ...row, byte });
      },
      window: (done) => job.progress?.({ done, total, unit: "bytes" }),
    },
  );
  return { scan, rejects: await sink.close() };
}

import path from "node:path";
import { withDuckDb } from "../../dataset/duckdb.ts";
import type { ExtractJob } from "../extraction.ts";
import type { CsvType } from "./value-type.ts";
import { type CleanCsv, copyCsv, unlessMisread } from "./write-typed-parquet.ts";

/** A copy that runs while the file is still being checked, and counts only if the check comes to the same rows. */
export interface EarlyCopy {
  /** Rows written; undefined where the engine stumbled, so that the copy is worth nothing. */
  rowCount(): Promise<number | undefined>;
  /** Ends the copy if it still runs; nothing writes to its target afterwards. */
  stop(): Promise<void>;
}

export function startEarlyCopy(
  job: ExtractJob,
  csv: CleanCsv,
  parquetPath: string,
  types: readonly CsvType[],
): EarlyCopy {
  const controller = new AbortController();
  const signal =
    job.signal === undefined ? controller.signal : AbortSignal.any([job.signal, controller.signal]);
  const options = { memoryMib: job.memoryMib, tempFolder: path.join(job.folder, "spill"), signal };
  const copying = withDuckDb(options, (connection) =>
    unlessMisread(copyCsv(connection, { csv, parquetPath, types, threads: "parallel" })),
  );
  // Listened to from the start: the check may end first, and with an error of its own.
  const settled = Promise.allSettled([copying]);
  return {
    rowCount: () => copying,
    async stop() {
      controller.abort();
      await settled;
    },
  };
}

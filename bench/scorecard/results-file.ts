import { readFile, rename, writeFile } from "node:fs/promises";
import { hasCode } from "@lakefleet/lib/storage/error-code.ts";
import type { RowMeasurement } from "./measurement.ts";
import type { WorkloadSize } from "./workload.ts";

/** What has been measured so far, so that an interrupted run goes on where it stopped. */
export interface Results extends WorkloadSize {
  rows: Record<string, RowMeasurement>;
}

export async function readResults(file: string): Promise<Results | undefined> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as Results;
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

export async function writeResults(file: string, results: Results): Promise<void> {
  await writeFile(`${file}.new`, `${JSON.stringify(results, null, 2)}\n`);
  await rename(`${file}.new`, file);
}

import { open } from "node:fs/promises";
import path from "node:path";
import { DomainError } from "../../errors/domain-error.ts";
import { extractError } from "../extract-error.ts";
import type { Extraction, ExtractJob } from "../extraction.ts";
import { createGuardedProcess } from "../guard/guarded-process.ts";
import { ParquetAnswer, type ParquetRequest } from "./parquet-answer.ts";

// The engine's memory is its own and bounded; the JavaScript around it holds a list of columns.
const heapMib = 256;

/**
 * Copies a Parquet file into one of our own, so that every page is read once before anything relies on it. A file made
 * to break the engine breaks a child process only.
 */
export async function extractParquet(job: ExtractJob): Promise<Extraction> {
  await checkEnds(job);
  const parquetPath = path.join(job.folder, "rows.parquet");
  const child = createGuardedProcess(new URL("./parquet-process.ts", import.meta.url), { heapMib });
  try {
    const { memoryMib, signal } = job;
    const spill = path.join(job.folder, "spill");
    const request: ParquetRequest = { source: job.path, target: parquetPath, spill, memoryMib };
    const outcome = await child.ask(request, { signal });
    if (outcome.kind !== "answer") throw broken(job, "reading it broke the engine");
    const answer = ParquetAnswer.parse(outcome.answer);
    if (answer.kind === "broken") throw broken(job, answer.reason);
    if (answer.kind === "exhausted") throw new DomainError(answer);
    return { parquetPath, columns: answer.columns, rowCount: answer.rowCount, format: "parquet" };
  } finally {
    child.stop();
  }
}

const magic = "PAR1";
/** Magic, the footer's length, and magic again. */
const smallestBytes = 12;

async function checkEnds(job: ExtractJob): Promise<void> {
  const file = await open(job.path, "r");
  try {
    const { size } = await file.stat();
    if (size < smallestBytes) throw broken(job, "it is too short");
    const head = Buffer.alloc(4);
    const tail = Buffer.alloc(8);
    await file.read(head, 0, 4, 0);
    await file.read(tail, 0, 8, size - 8);
    if (head.toString("latin1") !== magic) throw broken(job, "it does not begin as a Parquet file does");
    if (tail.toString("latin1", 4) !== magic) throw broken(job, "its end is missing, so it was cut off");
    if (tail.readUInt32LE(0) > size - smallestBytes) throw broken(job, "its footer is longer than the file");
  } finally {
    await file.close();
  }
}

function broken(job: ExtractJob, reason: string) {
  return extractError({
    type: "parquet-broken",
    message: `${job.name} cannot be read as Parquet: ${reason}.`,
    place: { file: job.name },
    remedy: "Write the file again and send it whole; encrypted Parquet is not read.",
  });
}

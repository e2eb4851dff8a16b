import path from "node:path";
import { withDuckDb } from "../dataset/duckdb.ts";
import { createDocumentReader, type DocumentReader } from "./document/document-reader.ts";
import { createDocumentTable, documentColumns } from "./document/document-table.ts";
import { type EntryResult, readEntry } from "./document/read-entry.ts";
import type { Extraction, ExtractJob, ExtractOptions } from "./extraction.ts";
import { type FoundEntry, listFiles } from "./input/list-files.ts";
import { nameFiles } from "./input/name-files.ts";
import { inJobFolder } from "./job-folder.ts";
import { openRejectSink } from "./reject-file.ts";

// One child for each of the two cores that a small machine has, and enough in flight that none waits for the other.
const readerCount = 2;
const inFlightMax = 4;

/**
 * Turns every readable document below a folder into one row; `path`, relative to the folder, is the row's key. Hidden
 * files are left out. A link, a table or a file that cannot be read is refused, or rejected with `onError: "skip"`.
 */
export async function extractFolder(
  options: ExtractOptions & {
    /** Only these, by their paths below the folder. */
    names?: readonly string[] | undefined;
  },
): Promise<Extraction> {
  const { path: folder, name, names } = options;
  const entries = names === undefined ? await listFiles(folder, name) : await nameFiles(folder, names);
  return inJobFolder(options, async (folder) => {
    const readers = Array.from({ length: readerCount }, createDocumentReader);
    try {
      return await stageEntries({ ...options, folder }, entries, readers);
    } finally {
      for (const reader of readers) reader.close();
    }
  });
}

async function stageEntries(
  job: ExtractJob,
  entries: FoundEntry[],
  readers: DocumentReader[],
): Promise<Extraction> {
  const { name, onError, memoryMib, signal } = job;
  const sink = openRejectSink({ path: path.join(job.folder, "rejects.jsonl"), name, onError });
  const parquetPath = path.join(job.folder, "rows.parquet");
  const tempFolder = path.join(job.folder, "spill");
  const rowCount = await withDuckDb({ memoryMib, tempFolder, signal }, async (connection) => {
    const table = await createDocumentTable(connection);
    let done = 0;
    for await (const { relative, result } of readInOrder(job, entries, readers)) {
      if (result.ok) {
        const file = path.join(job.path, relative);
        const { format: type, document } = result;
        await table.add({ file, path: relative, name: path.basename(relative), type, document });
      } else {
        const { type, reason, remedy } = result;
        await sink.reject({ type, reason, remedy, file: relative, text: "" });
      }
      done += 1;
      job.progress?.({ done, total: entries.length, unit: "files" });
    }
    return table.write(parquetPath);
  });
  const rejects = await sink.close();
  const staged = { parquetPath, columns: documentColumns, rowCount, format: "folder" as const };
  return { ...staged, ...(rejects === undefined ? {} : { rejects }) };
}

interface ReadEntry {
  relative: string;
  result: EntryResult;
}

/** Reads a few entries at a time and hands them on in their order, so that memory holds a few documents at most. */
async function* readInOrder(
  job: ExtractJob,
  entries: FoundEntry[],
  readers: DocumentReader[],
): AsyncGenerator<ReadEntry> {
  const inFlight: Promise<ReadEntry>[] = [];
  try {
    for (const [at, entry] of entries.entries()) {
      if (inFlight.length === inFlightMax) yield await inFlight.shift()!;
      const reader = readers[at % readers.length]!;
      const reading = readEntry(job.path, entry, reader, job.signal);
      inFlight.push(reading.then((result) => ({ relative: entry.relative, result })));
    }
    while (inFlight.length > 0) yield await inFlight.shift()!;
  } finally {
    // After a refusal those still being read fail or finish unheard, instead of as unhandled rejections.
    await Promise.allSettled(inFlight);
  }
}

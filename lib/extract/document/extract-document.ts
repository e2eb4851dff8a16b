import path from "node:path";
import { withDuckDb } from "../../dataset/duckdb.ts";
import { extractError } from "../extract-error.ts";
import type { Extraction, ExtractJob } from "../extraction.ts";
import type { DocumentFormat } from "./document-answer.ts";
import { createDocumentReader } from "./document-reader.ts";
import { createDocumentTable, documentColumns } from "./document-table.ts";

/** One document as one row. There is nothing to skip in it: what cannot be read is refused whatever `onError` says. */
export async function extractDocument(job: ExtractJob, format: DocumentFormat): Promise<Extraction> {
  const document = await readOne(job, format);
  if (document.content.trim() === "") {
    throw extractError({
      type: format === "html" ? "html-no-text" : "text-empty",
      message: `${job.name} holds no text.`,
      place: { file: job.name },
      remedy: "Send a file that has text in it.",
    });
  }
  const parquetPath = path.join(job.folder, "rows.parquet");
  await withDuckDb(
    { memoryMib: job.memoryMib, tempFolder: path.join(job.folder, "spill"), signal: job.signal },
    async (connection) => {
      const table = await createDocumentTable(connection);
      const name = path.basename(job.name);
      await table.add({ file: job.path, path: job.name, name, type: format, document });
      await table.write(parquetPath);
    },
  );
  job.progress?.({ done: 1, total: 1, unit: "files" });
  return { parquetPath, columns: documentColumns, rowCount: 1, format };
}

async function readOne(job: ExtractJob, format: DocumentFormat) {
  const reader = createDocumentReader();
  try {
    const answer = await reader.read(job.path, format, job.signal);
    if (answer.ok) return answer;
    throw extractError({
      type: answer.type,
      message: `${job.name}: ${answer.reason}.`,
      place: { file: job.name },
      remedy: answer.remedy,
    });
  } finally {
    reader.close();
  }
}

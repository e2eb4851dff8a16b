import path from "node:path";
import { DomainError } from "../../errors/domain-error.ts";
import type { Extraction, ExtractOptions } from "../extraction.ts";
import { createGuardedProcess } from "../guard/guarded-process.ts";
import { readHead } from "../input/read-head.ts";
import { inJobFolder, linkPlainly } from "../job-folder.ts";
import type { VectorColumns } from "./vector-columns.ts";
import { VectorsAnswer, type VectorsRequest } from "./vectors-answer.ts";
import { vectorsError } from "./vectors-error.ts";

export interface ExtractVectorsOptions extends ExtractOptions {
  columns: VectorColumns;
  /** A file with one id to a line, for an NPY file. */
  idsPath?: string | undefined;
}

/** Blocks of rows, and a batch of an Arrow file as its writer made it, which is outside of this heap. */
const heapMib = 512;

/**
 * Turns a Parquet, Arrow IPC or NPY file of foreign vectors into staged rows whose vector column holds 32-bit floats in
 * little-endian bytes. One that is not finite, zero, or of another length than the others, or an id that is there
 * twice, refuses the file with its row. A file made to break its reader breaks a child process only.
 */
export async function extractVectors(options: ExtractVectorsOptions): Promise<Extraction> {
  return inJobFolder(options, async (folder) => {
    const format = await detectVectorFormat(options);
    const parquetPath = path.join(folder, "rows.parquet");
    const child = createGuardedProcess(new URL("./vectors-process.ts", import.meta.url), { heapMib });
    try {
      const { memoryMib, columns, idsPath, signal } = options;
      const outcome = await child.ask(
        {
          source: await linkPlainly(options.path, folder),
          ...(idsPath === undefined ? {} : { ids: idsPath }),
          target: parquetPath,
          spill: path.join(folder, "spill"),
          memoryMib,
          format,
          columns,
        } satisfies VectorsRequest,
        { signal },
      );
      if (outcome.kind !== "answer") throw broken(options.name, "reading it broke the reader");
      const answer = VectorsAnswer.parse(outcome.answer);
      if (answer.kind === "exhausted") throw new DomainError(answer);
      if (answer.kind === "refused") throw withFile(answer.problem, options.name);
      return { parquetPath, columns: answer.columns, rowCount: answer.rowCount, format };
    } finally {
      child.stop();
    }
  });
}

/** By what the file begins with; an Arrow stream begins with the mark of its first message. */
async function detectVectorFormat({
  path: file,
  name,
}: ExtractVectorsOptions): Promise<"npy" | "arrow" | "parquet"> {
  const head = Buffer.from(await readHead(file, 8)).toString("latin1");
  if (head.startsWith("PAR1")) return "parquet";
  if (head.startsWith("\x93NUMPY")) return "npy";
  if (head.startsWith("ARROW1") || head.startsWith("\xff\xff\xff\xff")) return "arrow";
  throw broken(name, "it begins as none of Parquet, Arrow IPC and NPY does");
}

function withFile(
  problem: Extract<VectorsAnswer, { kind: "refused" }>["problem"],
  name: string,
): DomainError {
  const error = vectorsError(problem);
  const { kind, type, message, remedy } = error;
  return new DomainError({
    kind,
    type,
    message: `${name}: ${message}`,
    remedy,
    place: { file: name, ...error.place },
  });
}

function broken(name: string, reason: string): DomainError {
  return new DomainError({
    kind: "invalid",
    type: "vectors-file",
    message: `${name} cannot be read: ${reason}.`,
    place: { file: name },
    remedy: "Send Parquet, an Arrow IPC file or stream, or NPY, each whole.",
  });
}

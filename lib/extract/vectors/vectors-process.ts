import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { withDuckDb } from "../../dataset/duckdb.ts";
import { DomainError } from "../../errors/domain-error.ts";
import { serveParent } from "../guard/serve-parent.ts";
import type { ForeignFile } from "./foreign-rows.ts";
import { openNpy } from "./read-npy.ts";
import { openParquetVectors } from "./read-parquet-vectors.ts";
import { stageVectors } from "./stage-vectors.ts";
import type { VectorsAnswer, VectorsRequest } from "./vectors-answer.ts";

serveParent(copyVectors);

async function copyVectors(request: VectorsRequest): Promise<VectorsAnswer> {
  const { source, ids, format, columns } = request;
  try {
    if (format === "npy")
      return await stage(request, await openNpy(source, ids === undefined ? undefined : lines(ids)));
    if (format === "arrow") {
      // Loaded for its own files only: it takes longer than most files of the other formats.
      const { openArrow } = await import("./read-arrow.ts");
      return await stage(request, await openArrow(source, columns));
    }
    // An engine of its own: one that streams rows out cannot take others in meanwhile.
    const memoryMib = Math.ceil(request.memoryMib / 2);
    return await withDuckDb({ memoryMib, threads: 1 }, async (connection) =>
      stage({ ...request, memoryMib }, await openParquetVectors(connection, source, columns)),
    );
  } catch (error) {
    return refusalOf(error, source);
  }
}

async function stage(request: VectorsRequest, file: ForeignFile): Promise<VectorsAnswer> {
  const { memoryMib, spill, columns, target } = request;
  const staged = await withDuckDb({ memoryMib, tempFolder: spill }, (connection) =>
    stageVectors(connection, file, { columns, target }),
  );
  return { kind: "rows", ...staged };
}

function refusalOf(error: unknown, source: string): VectorsAnswer {
  if (error instanceof DomainError && error.kind === "exhausted") {
    return { kind: "exhausted", type: error.type, message: error.message, remedy: error.remedy ?? "" };
  }
  const reason = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
  if (!(error instanceof DomainError) || error.kind !== "invalid") {
    const message = `The file cannot be read: ${reason.replaceAll(source, "the file").slice(0, 300)}.`;
    return { kind: "refused", problem: { type: "vectors-file", message } };
  }
  const { type, message, place, remedy } = error;
  const problem = {
    type,
    message,
    ...(place?.row === undefined ? {} : { row: place.row }),
    ...(place?.column === undefined ? {} : { column: place.column }),
    ...(remedy === undefined ? {} : { remedy }),
  };
  return { kind: "refused", problem: problem as Extract<VectorsAnswer, { kind: "refused" }>["problem"] };
}

function lines(path: string): AsyncIterator<string> {
  return createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })[
    Symbol.asyncIterator
  ]();
}

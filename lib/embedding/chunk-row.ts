import { setImmediate as nextTurn } from "node:timers/promises";
import { iterateChunks } from "../chunking/chunk-text.ts";
import type { DocumentRow } from "./document-rows.ts";

/** What shapes the chunks of an index; an index definition has all of it. */
export interface PipelineDefinition {
  textColumns: readonly string[];
  metadataColumns: readonly string[];
  chunking: { size: number; overlap: number };
  embedderId: string;
  /** Where the rows bring their vectors with them; such a row is one chunk, whatever its text. */
  vectors?: { column: string; dimension: number } | undefined;
}

/** Which columns name a row, from the dataset. */
export interface RowNaming {
  idColumn?: string | undefined;
  pathColumn?: string | undefined;
}

/** The event loop gets a turn after this many chunks of one row: about 10 ms. */
const chunksPerTurn = 2_000;

/**
 * The chunks of one row, never none. Its text is the values of the text columns as text, without the empty ones,
 * joined by an empty line. `category` and `category_text` are the first metadata column's value, else empty.
 */
export async function chunkRow(
  source: { rowId: number; row: Record<string, unknown> },
  shape: Omit<PipelineDefinition, "embedderId"> & RowNaming,
): Promise<DocumentRow[]> {
  const { rowId, row } = source;
  const textOf = (column: string | undefined) => (column === undefined ? "" : asText(row[column]));
  const docId = textOf(shape.idColumn) || String(rowId);
  const named = {
    rowId,
    docId,
    docPath: textOf(shape.pathColumn) || docId,
    category: textOf(shape.metadataColumns[0]),
  };
  const text = shape.textColumns
    .map(textOf)
    .filter((value) => value.trim() !== "")
    .join("\n\n");
  if (shape.vectors !== undefined) return [{ ...named, content: text, chunkIndex: 0, totalChunks: 1 }];
  const contents: string[] = [];
  for (const chunk of iterateChunks(text, shape.chunking)) {
    contents.push(chunk.text);
    if (contents.length % chunksPerTurn === 0) await nextTurn();
  }
  if (contents.length === 0) return [{ ...named, content: "", chunkIndex: 0, totalChunks: 0 }];
  return contents.map((content, chunkIndex) => ({
    ...named,
    content,
    chunkIndex,
    totalChunks: contents.length,
  }));
}

function asText(value: unknown): string {
  return value === null || value === undefined ? "" : String(value);
}

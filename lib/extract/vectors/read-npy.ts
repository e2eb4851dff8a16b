import { type FileHandle, open } from "node:fs/promises";
import { decodeFloats } from "./decode-floats.ts";
import type { ForeignFile, ForeignRows } from "./foreign-rows.ts";
import { type NpyHeader, npyHeadBytes, parseNpyHeader } from "./npy-header.ts";
import { vectorsError } from "./vectors-error.ts";

/** What is read at a time, whatever the file's size. */
const blockBytes = 8 * 1024 * 1024;

/** A NumPy array whose rows are vectors; `ids`, where they come beside it, one for each row. */
export async function openNpy(path: string, ids?: AsyncIterator<string>): Promise<ForeignFile> {
  const file = await open(path, "r");
  let header: NpyHeader;
  try {
    const { size } = await file.stat();
    const head = Buffer.alloc(Math.min(size, npyHeadBytes));
    await file.read(head, 0, head.length, 0);
    header = parseNpyHeader(head, size);
  } finally {
    await file.close();
  }
  return {
    format: "npy",
    idType: ids === undefined ? "bigint" : "varchar",
    metadata: [],
    rows: () => readRows(path, header, ids),
  };
}

async function* readRows(
  path: string,
  header: NpyHeader,
  ids: AsyncIterator<string> | undefined,
): AsyncGenerator<ForeignRows> {
  const { rowCount, dimension, valueBytes } = header;
  const rowsPerBlock = Math.max(1, Math.floor(blockBytes / (dimension * valueBytes)));
  await using file = await open(path, "r");
  for (let first = 0; first < rowCount; first += rowsPerBlock) {
    const count = Math.min(rowsPerBlock, rowCount - first);
    const values = header.fortranOrder
      ? await readColumns(file, header, first, count)
      : await readFloats(file, header, first * dimension, count * dimension);
    const vectors = Array.from({ length: count }, (_, row) =>
      values.subarray(row * dimension, (row + 1) * dimension),
    );
    yield { ...(ids === undefined ? {} : { ids: await takeIds(ids, first, count) }), metadata: [], vectors };
  }
  if (ids !== undefined && (await ids.next()).done !== true) {
    throw vectorsError({ type: "vectors-id", message: `There are more ids than the ${rowCount} vectors.` });
  }
}

/** Column after column as the file has them, laid out row after row. */
async function readColumns(
  file: FileHandle,
  header: NpyHeader,
  first: number,
  count: number,
): Promise<Float32Array> {
  const { dimension, rowCount } = header;
  const rows = new Float32Array(count * dimension);
  for (let column = 0; column < dimension; column += 1) {
    const values = await readFloats(file, header, column * rowCount + first, count);
    for (let row = 0; row < count; row += 1) rows[row * dimension + column] = values[row]!;
  }
  return rows;
}

async function readFloats(
  file: FileHandle,
  header: NpyHeader,
  from: number,
  count: number,
): Promise<Float32Array> {
  const { valueBytes, dataOffset } = header;
  const bytes = Buffer.alloc(count * valueBytes);
  for (let filled = 0; filled < bytes.length; ) {
    const { bytesRead } = await file.read(
      bytes,
      filled,
      bytes.length - filled,
      dataOffset + from * valueBytes + filled,
    );
    if (bytesRead === 0)
      throw vectorsError({ type: "vectors-file", message: "The file became shorter while it was read." });
    filled += bytesRead;
  }
  return decodeFloats(bytes, header);
}

async function takeIds(ids: AsyncIterator<string>, first: number, count: number): Promise<string[]> {
  const taken: string[] = [];
  while (taken.length < count) {
    const next = await ids.next();
    if (next.done === true) {
      const row = first + taken.length + 1;
      throw vectorsError({ type: "vectors-id", row, message: `There is no id for row ${row}.` });
    }
    taken.push(next.value);
  }
  return taken;
}

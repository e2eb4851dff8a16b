import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { withDuckDb } from "@lakefleet/lib/dataset/duckdb.ts";
import { sqlLiteral } from "@lakefleet/lib/dataset/sql-quote.ts";
import { DomainError } from "@lakefleet/lib/errors/domain-error.ts";
import { extractVectors } from "@lakefleet/lib/extract/vectors/extract-vectors.ts";
import type { VectorColumns } from "@lakefleet/lib/extract/vectors/vector-columns.ts";
import { Field, FixedSizeList, Float32, List, Table, tableToIPC, Utf8, vectorFromArray } from "apache-arrow";
import { describe, expect, test } from "vitest";
import { npyFile } from "../support/npy-file.ts";
import { inTemporaryFolder } from "./extract-bytes.ts";

const wholeFile: VectorColumns = { vector: "vector", metadata: [] };

interface Given {
  name: string;
  content: Uint8Array | string;
  columns?: VectorColumns;
  ids?: string;
}

/** The staged rows: id, and the vector's values; nothing else may be left in the scratch folder. */
async function extracted({ name, content, columns = wholeFile, ids }: Given) {
  return inTemporaryFolder(async (folder) => {
    const file = path.join(folder, "input");
    const scratch = path.join(folder, "scratch");
    await writeFile(file, content);
    await mkdir(scratch);
    const idsPath = ids === undefined ? undefined : path.join(folder, "ids");
    if (idsPath !== undefined) await writeFile(idsPath, ids ?? "");
    const options = {
      path: file,
      name,
      scratch,
      onError: "refuse" as const,
      memoryMib: 200,
      columns,
      idsPath,
    };
    try {
      const { parquetPath, rowCount, format } = await extractVectors(options);
      const rows = await withDuckDb({ memoryMib: 200 }, async (connection) => {
        const sql = `SELECT ${columns.id ?? "id"}, ${columns.vector} FROM ${sqlLiteral(parquetPath)}`;
        return (await connection.runAndReadAll(sql)).getRows();
      });
      expect(rows).toHaveLength(rowCount);
      const vectors = rows.map(([id, blob]) => [String(id), ...floatsOf(blob)]);
      return { format, vectors };
    } catch (error) {
      expect(await readdir(scratch)).toEqual([]);
      throw error;
    }
  });
}

function floatsOf(blob: unknown): number[] {
  const { bytes } = blob as { bytes: Uint8Array };
  return [...new Float32Array(Uint8Array.from(bytes).buffer)];
}

async function refusal(given: Given): Promise<DomainError> {
  const outcome = await extracted(given).catch((error: unknown) => error);
  if (outcome instanceof DomainError) return outcome;
  throw new Error(`${given.name} was not refused as it must be`, { cause: outcome });
}

const rows = [
  [1, 0.5, -2],
  [0, 0.25, 4],
];
const read = [
  ["0", 1, 0.5, -2],
  ["1", 0, 0.25, 4],
];

describe("NPY", () => {
  test.each([
    {},
    { type: "f8" as const },
    { type: "f2" as const },
    { order: ">" as const },
    { type: "f8" as const, order: ">" as const, fortran: true },
    { type: "f2" as const, fortran: true },
  ])("is read whatever its values' type, byte order and layout: %o", async (options) => {
    expect(await extracted({ name: "a.npy", content: npyFile(rows, options) })).toEqual({
      format: "npy",
      vectors: read,
    });
  });

  test("takes its ids from a file beside it", async () => {
    const { vectors } = await extracted({ name: "a.npy", content: npyFile(rows), ids: "one\r\ntwo\r\n" });
    expect(vectors.map(([id]) => id)).toEqual(["one", "two"]);
  });

  const whole = npyFile(rows);
  const other = (text: string, by: string) =>
    Buffer.from(whole.toString("latin1").replace(text, by), "latin1");
  test.each<[string, Given, string, number | undefined]>([
    ["cut off", { name: "a.npy", content: whole.subarray(0, -1) }, "vectors-file", undefined],
    [
      "too long",
      { name: "a.npy", content: Buffer.concat([whole, Buffer.alloc(4)]) },
      "vectors-file",
      undefined,
    ],
    ["of integers", { name: "a.npy", content: other("<f4", "<i4") }, "vectors-file", undefined],
    ["of objects", { name: "a.npy", content: other("'<f4'", "'|O' ") }, "vectors-file", undefined],
    [
      "of one dimension",
      { name: "a.npy", content: npyFile(rows, { shape: "6," }) },
      "vectors-file",
      undefined,
    ],
    [
      "of a made-up shape",
      { name: "a.npy", content: npyFile(rows, { shape: "9999999999, 9" }) },
      "vectors-file",
      undefined,
    ],
    ["without a row", { name: "a.npy", content: npyFile([], { shape: "0, 3" }) }, "vectors-file", undefined],
    ["of another magic", { name: "a.npy", content: other("NUMPY", "NUMPI") }, "vectors-file", undefined],
    ["of text", { name: "a.npy", content: "1,2,3\n4,5,6\n" }, "vectors-file", undefined],
    ["empty", { name: "a.npy", content: "" }, "vectors-file", undefined],
    ["with NaN", { name: "a.npy", content: npyFile([...rows, [1, Number.NaN, 1]]) }, "vectors-value", 3],
    ["with infinity", { name: "a.npy", content: npyFile([[1, 1, -Infinity]]) }, "vectors-value", 1],
    [
      "beyond 32 bits",
      { name: "a.npy", content: npyFile([[1e300, 1, 1]], { type: "f8" }) },
      "vectors-value",
      1,
    ],
    ["with zero", { name: "a.npy", content: npyFile([...rows, [0, 0, 0]]) }, "vectors-value", 3],
    ["with too few ids", { name: "a.npy", content: whole, ids: "one\n" }, "vectors-id", 2],
    ["with too many ids", { name: "a.npy", content: whole, ids: "1\n2\n3\n" }, "vectors-id", undefined],
    ["with one id twice", { name: "a.npy", content: whole, ids: "one\none\n" }, "vectors-id", 2],
    ["with an empty id", { name: "a.npy", content: whole, ids: "\none\n" }, "vectors-id", 1],
  ])("that is %s is refused with its place", async (_what, given, type, row) => {
    const error = await refusal(given);
    expect(error.type, error.message).toBe(type);
    expect(error.place).toEqual({ file: "a.npy", ...(row === undefined ? {} : { row }) });
  });
});

const columns: VectorColumns = { vector: "emb", id: "key", metadata: ["kind"] };

function arrowTable(vectors: readonly (readonly number[] | null)[], keys: readonly string[], fixed: boolean) {
  const item = new Field("item", new Float32(), true);
  const type = fixed ? new FixedSizeList(3, item) : new List(item);
  return new Table({
    key: vectorFromArray(keys, new Utf8()),
    kind: vectorFromArray(
      keys.map(() => "k"),
      new Utf8(),
    ),
    emb: vectorFromArray(vectors as number[][], type),
  });
}

describe("Arrow IPC", () => {
  test.each(["file", "stream"] as const)("is read as a %s, of lists of one size or of any", async (kind) => {
    for (const fixed of [true, false]) {
      const content = tableToIPC(arrowTable(rows, ["a", "b"], fixed), kind);
      const found = await extracted({ name: "a.arrow", content, columns });
      expect(found).toEqual({
        format: "arrow",
        vectors: [
          ["a", 1, 0.5, -2],
          ["b", 0, 0.25, 4],
        ],
      });
    }
  });

  const table = (vectors: (number[] | null)[], keys = ["a", "b"], fixed = false) =>
    tableToIPC(arrowTable(vectors, keys, fixed), "file");
  const good = table(rows);
  test.each<[string, Given, string, number | undefined]>([
    [
      "ragged",
      {
        name: "a",
        content: table([
          [1, 2, 3],
          [1, 2],
        ]),
        columns,
      },
      "vectors-dimension",
      2,
    ],
    ["without a vector", { name: "a", content: table([[1, 2, 3], null]), columns }, "vectors-value", 2],
    ["with an empty vector", { name: "a", content: table([[], [1]]), columns }, "vectors-value", 1],
    ["with one id twice", { name: "a", content: table(rows, ["a", "a"]), columns }, "vectors-id", 2],
    [
      "cut off",
      { name: "a", content: good.subarray(0, good.length / 2), columns },
      "vectors-file",
      undefined,
    ],
    ["of a name only", { name: "a", content: "ARROW1\0\0", columns }, "vectors-file", undefined],
    [
      "of rubbish",
      { name: "a", content: Buffer.concat([Buffer.from("ARROW1\0\0"), Buffer.alloc(500, 7)]), columns },
      "vectors-file",
      undefined,
    ],
  ])("that is %s is refused with its place", async (_what, given, type, row) => {
    const error = await refusal(given);
    expect(error.type, error.message).toBe(type);
    expect(error.place?.row).toBe(row);
  });

  test("with no such column, or one of another kind, is refused by its name", async () => {
    for (const wrong of [
      { vector: "nothing" },
      { vector: "key" },
      { id: "nothing" },
      { metadata: ["emb", "emb"] },
    ]) {
      const error = await refusal({ name: "a", content: good, columns: { ...columns, ...wrong } });
      expect(error.type, error.message).toBe("vectors-column");
    }
  });
});

async function parquet(sql: string): Promise<Uint8Array> {
  return inTemporaryFolder(async (folder) => {
    const target = path.join(folder, "a.parquet");
    await withDuckDb({ memoryMib: 200 }, (connection) =>
      connection.run(`COPY (${sql}) TO ${sqlLiteral(target)}`),
    );
    return readFile(target);
  });
}

describe("Parquet", () => {
  const vectorsSql = (values: string) => `SELECT * FROM (VALUES ${values}) AS t(key, kind, emb)`;

  test("is read with lists of one size or of any, whole numbers as ids among them", async () => {
    for (const type of ["FLOAT[]", "DOUBLE[3]"]) {
      const content = await parquet(
        vectorsSql(`(7, 'x', [1, 0.5, -2]::${type}), (9, NULL, [0, 0.25, 4]::${type})`),
      );
      const { vectors } = await extracted({ name: "a.parquet", content, columns });
      expect(vectors.map(([id, ...values]) => [id, ...values])).toEqual([
        ["7", 1, 0.5, -2],
        ["9", 0, 0.25, 4],
      ]);
    }
  });

  test.each<[string, string, string, number | undefined]>([
    ["ragged", "('a', 1, [1, 2.5]::FLOAT[]), ('b', 1, [1]::FLOAT[])", "vectors-dimension", 2],
    ["with an absent value", "('a', 1, [1, NULL]::FLOAT[])", "vectors-value", 1],
    ["without a vector", "('a', 1, [1, 2]::FLOAT[]), ('b', 1, NULL)", "vectors-value", 2],
    ["with one id twice", "(1, 1, [1, 2]::FLOAT[]), (1, 1, [1, 2]::FLOAT[])", "vectors-id", 2],
    ["without an id", "('a', 1, [1, 2]::FLOAT[]), (NULL, 1, [1, 2]::FLOAT[])", "vectors-id", 2],
    ["of lists of text", "('a', 1, ['x'])", "vectors-column", undefined],
  ])("that is %s is refused with its place", async (_what, values, type, row) => {
    const error = await refusal({ name: "a.parquet", content: await parquet(vectorsSql(values)), columns });
    expect(error.type, error.message).toBe(type);
    expect(error.place?.row).toBe(row);
  });

  test("that is cut off is refused", async () => {
    const content = await parquet(vectorsSql("('a', 1, [1, 2]::FLOAT[])"));
    for (const length of [4, 20, content.length - 1]) {
      const error = await refusal({ name: "a.parquet", content: content.subarray(0, length), columns });
      expect(error.type).toBe("vectors-file");
    }
  });
});

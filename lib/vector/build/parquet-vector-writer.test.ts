import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, expect, test } from "vitest";
import { vectorsPerGroup } from "../format/parquet-layout.ts";
import { openVectorFile } from "../read/vector-file.ts";
import { createParquetVectorWriter } from "./parquet-vector-writer.ts";

const folder = mkdtempSync(join(tmpdir(), "lakefleet-parquet-"));
afterAll(() => rmSync(folder, { recursive: true }));

// 1 MiB a vector: eight fill a row group, so a small file has several.
const dimension = 262_144;

function write(count: number): string {
  const path = join(folder, `${count}.parquet`);
  const writer = createParquetVectorWriter(path, dimension);
  for (let row = 0; row < count; row++) writer.write(new Float32Array(dimension).fill(row + 0.5));
  writer.finish();
  return path;
}

test("any Parquet reader reads the vectors back", async () => {
  const path = write(20);
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  const reader = await connection.runAndReadAll(
    `SELECT count(*)::INT, min(octet_length(vector))::INT, max(octet_length(vector))::INT,
            count(DISTINCT vector[1:4])::INT FROM '${path}'`,
  );
  expect(reader.getRows()).toEqual([[20, dimension * 4, dimension * 4, 20]]);
  connection.closeSync();
  instance.closeSync();
});

test("every vector is found by its ordinal, in whole and partial row groups", () => {
  expect(vectorsPerGroup(dimension)).toBe(8);
  const file = openVectorFile(write(19), dimension, 19);
  const vector = new Float32Array(dimension);
  for (let ordinal = 0; ordinal < 19; ordinal++) {
    file.readRun(ordinal, 1, vector, 0);
    expect(vector.every((value) => value === ordinal + 0.5)).toBe(true);
  }
  file.close();
});

test("a file without vectors is valid", () => {
  openVectorFile(write(0), dimension, 0).close();
});

test("a file of another shape is refused", () => {
  const path = write(3);
  const damaged = expect.objectContaining({ type: "vector-index-damaged" });
  expect(() => openVectorFile(path, dimension, 4)).toThrow(damaged);
  expect(() => openVectorFile(path, dimension / 2, 3)).toThrow(damaged);
  expect(() => openVectorFile(join(folder, "absent.parquet"), dimension, 3)).toThrow(damaged);
});

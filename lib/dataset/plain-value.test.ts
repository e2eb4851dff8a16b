import { expect, test } from "vitest";
import type { Column } from "./dataset-version.ts";
import { withDuckDb } from "./duckdb.ts";
import { plainValueSql } from "./plain-value.ts";

test.each<[Column["type"], string, string | null]>([
  ["timestamptz", "2024-07-01 12:00:00.5+02", "2024-07-01T10:00:00.5Z"],
  ["timestamptz", "infinity", "infinity"],
  ["timestamptz", "-infinity", "-infinity"],
  ["timestamp", "infinity", "infinity"],
  ["date", "-infinity", "-infinity"],
])("%s %s is shown as %s", async (type, text, shown) => {
  await withDuckDb({ memoryMib: 64, threads: 1 }, async (connection) => {
    const result = await connection.runAndReadAll(
      `SELECT ${plainValueSql({ name: "x", type }, `'${text}'`)}`,
    );
    expect(result.getRows()).toEqual([[shown]]);
  });
});

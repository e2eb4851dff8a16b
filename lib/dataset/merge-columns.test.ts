import { describe, expect, test } from "vitest";
import type { Column, ColumnType } from "./dataset-version.ts";
import { mergeColumns } from "./merge-columns.ts";

const column = (name: string, type: ColumnType, detail?: string): Column => ({
  name,
  type,
  ...(detail === undefined ? {} : { detail }),
});

describe("mergeColumns", () => {
  test("keeps the order there was and puts new columns after it", () => {
    const merged = mergeColumns(
      [column("b", "bigint"), column("a", "varchar")],
      [column("c", "date"), column("a", "varchar")],
    );
    expect(merged.map(({ name }) => name)).toEqual(["b", "a", "c"]);
  });

  test("takes names that differ in case for one column, spelled as before", () => {
    expect(mergeColumns([column("Name", "varchar")], [column("NAME", "varchar")])).toEqual([
      column("Name", "varchar"),
    ]);
  });

  test.each<[ColumnType, ColumnType, ColumnType]>([
    ["bigint", "double", "double"],
    ["double", "bigint", "double"],
    ["json", "json", "json"],
    ["json", "varchar", "varchar"],
    ["bigint", "boolean", "varchar"],
    ["date", "timestamp", "varchar"],
    ["bigint", "decimal", "varchar"],
  ])("%s and %s are %s", (left, right, expected) => {
    expect(mergeColumns([column("a", left)], [column("a", right)])).toEqual([column("a", expected)]);
  });

  test("decimals stay decimals only with the same scale", () => {
    const money = column("a", "decimal", "DECIMAL(10,2)");
    expect(mergeColumns([money], [money])).toEqual([money]);
    expect(mergeColumns([money], [column("a", "decimal", "DECIMAL(10,3)")])).toEqual([
      column("a", "varchar"),
    ]);
  });
});

import { describe, expect, test } from "vitest";
import type { MetadataColumn } from "../generation/format/row-store-layout.ts";
import { compileFilter } from "./compile-filter.ts";

const columns: MetadataColumn[] = [
  { name: "city", type: "varchar" },
  { name: "year", type: "bigint" },
  { name: "open", type: "boolean" },
  { name: "at", type: "timestamptz" },
  { name: "day", type: "date" },
];

describe("compiling a filter", () => {
  test.each([
    [{ city: "Köln" }, "m0 = 'Köln'"],
    [{ city: "O'Hare'; DROP TABLE chunk; --" }, "m0 = 'O''Hare''; DROP TABLE chunk; --'"],
    [{ city: null }, "m0 IS NULL"],
    [{ city: { ne: null } }, "m0 IS NOT NULL"],
    [{ city: { ne: "a" } }, "(m0 = 'a') IS NOT TRUE"],
    [{ year: { gte: 1990, lt: 2000 } }, "(m1 >= 1990) AND (m1 < 2000)"],
    [{ year: "9007199254740993" }, "m1 = 9007199254740993"],
    [{ open: true, city: { like: "K%" } }, "(m2 = 1) AND (m0 LIKE 'K%' ESCAPE '\\')"],
    [{ city: { in: ["a", null] } }, "(m0 IN ('a')) OR (m0 IS NULL)"],
    [{ city: { in: [] } }, "1 = 0"],
    [{ or: [{ city: "a" }, { not: { year: 1 } }] }, "(m0 = 'a') OR ((m1 = 1) IS NOT TRUE)"],
    [{ or: [] }, "1 = 0"],
    [{}, "1 = 1"],
    [{ at: { gt: "2024-01-02 03:04:05+01:00" } }, "m3 > '2024-01-02T02:04:05'"],
    [{ day: "2024-01-02" }, "m4 = '2024-01-02'"],
  ])("%j", (filter, where) => {
    expect(compileFilter(filter, columns)).toBe(where);
  });

  const deep = (levels: number): unknown => (levels === 0 ? { year: 1 } : { not: deep(levels - 1) });

  test.each([
    ["filter-column", { town: "a" }],
    ["filter-column", { __proto__x: 1 }],
    ["filter-column", { constructor: 1 }],
    ["filter-value", { year: "1990" + "x" }],
    ["filter-value", { year: Number.NaN }],
    ["filter-value", { year: "99999999999999999999" }],
    ["filter-value", { open: 1 }],
    ["filter-value", { open: { gt: true } }],
    ["filter-value", { city: 7 }],
    ["filter-value", { city: "a\0b" }],
    ["filter-value", { city: "x".repeat(4_097) }],
    ["filter-value", { city: { gt: null } }],
    ["filter-value", { city: { in: "a" } }],
    ["filter-value", { city: { in: [["a"]] } }],
    ["filter-value", { city: { like: "a\\" } }],
    ["filter-value", { at: "soon" }],
    ["filter-value", { day: "2024-1-2" }],
    ["filter-operator", { city: { matches: "a" } }],
    ["filter-operator", { city: { constructor: "a" } }],
    ["filter-operator", { year: { like: "1%" } }],
    ["filter-shape", { city: {} }],
    ["filter-shape", { or: ["city"] }],
    ["filter-shape", ["city"]],
    ["filter-shape", "city = 1"],
    ["filter-size", deep(17)],
    ["filter-size", { year: { in: Array(1_001).fill(1) } }],
    ["filter-size", { or: Array(257).fill({ year: 1 }) }],
    ["filter-size", { and: Array(200).fill({ city: { in: Array(1_000).fill("four") } }) }],
  ])("is refused with %s", (type, filter) => {
    expect(() => compileFilter(filter, columns)).toThrow(expect.objectContaining({ kind: "invalid", type }));
  });

  test("an unknown column is answered with the known ones", () => {
    expect(() => compileFilter({ town: 1 }, columns)).toThrow(
      expect.objectContaining({
        field: "filter.town",
        remedy: expect.stringContaining("city, year, open, at, day"),
      }),
    );
  });
});

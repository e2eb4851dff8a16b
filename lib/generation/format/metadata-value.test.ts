import { describe, expect, test } from "vitest";
import { encodeMetadata, normaliseTimestamp } from "./metadata-value.ts";

describe("points in time", () => {
  test.each([
    ["2024-01-02", "2024-01-02T00:00:00"],
    ["2024-01-02T03:04Z", "2024-01-02T03:04:00"],
    ["2024-01-02 03:04:05.600", "2024-01-02T03:04:05.6"],
    ["2024-01-02T03:04:05.123456789Z", "2024-01-02T03:04:05.123456789"],
    ["2024-01-02 03:04:05+02", "2024-01-02T01:04:05"],
    ["2024-01-01T23:30:00-0130", "2024-01-02T01:00:00"],
  ])("%s is kept as %s", (given, kept) => {
    expect(normaliseTimestamp(given)).toBe(kept);
  });

  test.each(["", "yesterday", "2024-13-01", "2024-01-02T25:00:00Z", "2024-01-02T", "' OR 1=1"])(
    "%j is refused",
    (given) => {
      expect(normaliseTimestamp(given)).toBeUndefined();
    },
  );

  test("kept texts sort as the points in time do", () => {
    const kept = [
      "2024-01-02T03:04:05",
      "2024-01-02T03:04:05.45",
      "2024-01-02T03:04:05.5",
      "2024-01-02T03:04:06",
    ];
    expect(kept.toSorted()).toEqual(kept);
  });
});

test("a missing value of any type stays missing", () => {
  for (const type of ["boolean", "bigint", "double", "varchar", "json", "timestamp"] as const) {
    expect([encodeMetadata(type, null), encodeMetadata(type, undefined)]).toEqual([null, null]);
  }
});

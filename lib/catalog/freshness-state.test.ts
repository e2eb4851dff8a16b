import { describe, expect, test } from "vitest";
import type { IngestSummary } from "../dataset/dataset-version.ts";
import { freshnessProblem, Period, periodMs } from "../dataset/freshness.ts";
import { freshnessOf } from "./freshness-state.ts";

const written = "2026-01-10T00:00:00.000Z";
const ingest: IngestSummary = {
  ingestId: "i",
  mode: "append",
  source: { kind: "file", name: "a.csv", format: "csv" },
  contentHash: "h",
  at: written,
  rowsAdded: 1,
  rowsUpdated: 0,
  rowsRemoved: 0,
  rowsRejected: 0,
};
const stateAt = (now: string, freshness: { every?: string; staleAfter?: string }) =>
  freshnessOf({ ingest, freshness }, new Date(now))?.state;

describe("freshnessOf", () => {
  test.each([
    ["2026-01-10T23:59:59Z", "fresh"],
    ["2026-01-11T00:00:00Z", "late"],
    ["2026-01-11T23:59:59Z", "late"],
    ["2026-01-12T00:00:00Z", "stale"],
  ])("of what comes every day is, at %s, %s", (now, state) => {
    expect(stateAt(now, { every: "1d" })).toBe(state);
  });

  test("goes by the period after which it is said to be stale", () => {
    expect(stateAt("2026-01-10T02:00:00Z", { every: "1h", staleAfter: "3h" })).toBe("late");
    expect(stateAt("2026-01-10T03:00:00Z", { every: "1h", staleAfter: "3h" })).toBe("stale");
    expect(stateAt("2026-01-10T02:59:00Z", { staleAfter: "3h" })).toBe("fresh");
  });

  test("says nothing where nothing is expected, and takes no dataset for older by a clock that was set back", () => {
    expect(freshnessOf({ ingest }, new Date())).toBeUndefined();
    const before = freshnessOf({ ingest, freshness: { every: "1h" } }, new Date("2025-01-01T00:00:00Z"));
    expect(before).toMatchObject({ state: "fresh", ageSeconds: 0 });
  });
});

describe("a period", () => {
  test("is a number of minutes, hours, days or weeks", () => {
    expect([periodMs("30m"), periodMs("6h"), periodMs("2w")]).toEqual([1_800_000, 21_600_000, 1_209_600_000]);
  });

  test.each(["0h", "1", "h", "-1h", "1.5h", "100000d", "1 h", "1y", ""])("is not %j", (text) => {
    expect(Period.safeParse(text).success).toBe(false);
  });

  test("of staleness is no shorter than that of updates, and one of both is given", () => {
    expect(freshnessProblem({ every: "2h", staleAfter: "90m" })).toBeDefined();
    expect(freshnessProblem({})).toBeDefined();
    expect(freshnessProblem({ every: "2h", staleAfter: "2h" })).toBeUndefined();
  });
});

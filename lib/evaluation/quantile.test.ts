import { describe, expect, test } from "vitest";
import { quantile } from "./quantile.ts";

describe("quantile", () => {
  test("is the value at the nearest rank, and 0 of nothing", () => {
    expect([quantile([3, 1, 2], 0.5), quantile([3, 1, 2], 0.95), quantile([], 0.5)]).toEqual([2, 3, 0]);
  });
});

import { expect, test } from "vitest";
import { processBudget } from "./process-budget.ts";

test("the scarcer of cores and memory bounds the processes", () => {
  expect(processBudget({ cores: 8, memoryMib: 64_000, minima: 5 })).toBe(16);
  expect(processBudget({ cores: 32, memoryMib: 8_000, minima: 5 })).toBe(12);
});

test("a small machine still runs one process per pool", () => {
  expect(processBudget({ cores: 1, memoryMib: 1_000, minima: 5 })).toBe(5);
});

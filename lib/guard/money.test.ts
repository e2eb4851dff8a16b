import { expect, test } from "vitest";
import { nanoUsdForTokens, nanoUsdFrom, usdFrom } from "./money.ts";

test("amounts survive the way through billionths", () => {
  for (const usd of [0, 0.1, 0.7, 1 / 1e9, 10, 123.456789]) expect(usdFrom(nanoUsdFrom(usd))).toBe(usd);
});

test("a fraction of a billionth counts as a whole one", () => {
  expect(nanoUsdFrom(1.2e-9)).toBe(2);
  expect(nanoUsdForTokens(1, 0.0001)).toBe(1);
  expect(nanoUsdForTokens(1_000, 0.02)).toBe(20_000);
});

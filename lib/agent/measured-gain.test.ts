import { describe, expect, test } from "vitest";
import { findsSurelyMore, latencyGain } from "./measured-gain.ts";

describe("a gain in latency", () => {
  const serving = { p50Ms: 1, p50LowMs: 0.9, p50HighMs: 1.1 };

  test("is what is left when both figures err against it by their spread", () => {
    const { gain, least } = latencyGain({ p50Ms: 0.6, p50LowMs: 0.5, p50HighMs: 0.72 }, serving);
    expect(gain).toBeCloseTo(0.4);
    expect(least).toBeCloseTo(0.2);
  });

  test("is none where the rounds of both overlap", () => {
    const { gain, least } = latencyGain({ p50Ms: 0.85, p50LowMs: 0.7, p50HighMs: 0.95 }, serving);
    expect(gain).toBeGreaterThan(0.1);
    expect(least).toBeLessThan(0);
  });

  test("is taken as it stands where a trial was written without its spread", () => {
    const { gain, least } = latencyGain({ p50Ms: 0.5 }, { p50Ms: 1 });
    expect([gain, least]).toEqual([0.5, 0.5]);
  });
});

test("a recall is surely higher only outside both intervals", () => {
  const serving = { recall: 0.98, recallLow: 0.975, recallHigh: 0.985 };
  expect(findsSurelyMore({ recall: 0.995, recallLow: 0.99, recallHigh: 0.998 }, serving)).toBe(true);
  expect(findsSurelyMore({ recall: 0.991, recallLow: 0.97, recallHigh: 0.998 }, serving)).toBe(false);
  expect(findsSurelyMore({ recall: 0.984, recallLow: 0.981, recallHigh: 0.99 }, serving)).toBe(false);
});

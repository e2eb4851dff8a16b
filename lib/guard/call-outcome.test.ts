import { describe, expect, test } from "vitest";
import { DomainError, type ErrorKind } from "../errors/domain-error.ts";
import { costOf, outcomeOf, retryAfterMs } from "./call-outcome.ts";

const error = (kind: ErrorKind, retryAfterSeconds?: number) => ({
  error: new DomainError({ kind, type: "provider", message: "The provider said no.", retryAfterSeconds }),
});
const price = { usdPerMillionTokens: 20 };

describe("costOf", () => {
  test("takes the provider's own figure, else its tokens, else the most that it could be", () => {
    expect(costOf({ result: { value: 1, tokens: 5, costUsd: 0.25 } }, 9e9, price)).toBe(0.25e9);
    expect(costOf({ result: { value: 1, tokens: 5 } }, 9e9, price)).toBe(100_000);
    expect(costOf({ result: { value: 1 } }, 9e9, price)).toBe(9e9);
  });

  test.each(["busy", "invalid", "forbidden", "too-large"] as const)("%s is not billed", (kind) => {
    expect(costOf(error(kind), 9e9, price)).toBe(0);
  });

  test.each(["unavailable", "cancelled", "exhausted"] as const)(
    "%s may have been billed, so it counts",
    (kind) => {
      expect(costOf(error(kind), 9e9, price)).toBe(9e9);
    },
  );

  test("a defect counts as well", () => {
    expect(costOf({ error: new TypeError("x is not a function") }, 9e9, price)).toBe(9e9);
  });
});

test("only a 429 throttles, and what it asks for is in milliseconds", () => {
  expect(outcomeOf(error("busy", 3))).toBe("throttled");
  expect(retryAfterMs(error("busy", 3))).toBe(3_000);
  expect(retryAfterMs(error("busy"))).toBeUndefined();
  expect(outcomeOf(error("unavailable"))).toBe("failed");
});

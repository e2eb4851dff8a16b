import { describe, expect, test } from "vitest";
import { nameSimilarity } from "./name-similarity.ts";

describe("nameSimilarity", () => {
  test.each([
    ["customer_id", "customerId", 1],
    ["E-Mail", "email", 1],
    ["cust_name", "customer_name", 0.9],
    ["qty", "quantity", 0.9],
    ["addr", "address", 0.9],
    ["colour", "color", 0.6],
    ["email", "email_address", 0.4],
  ])("%s and %s are alike", (left, right, atLeast) => {
    expect(nameSimilarity(left, right)).toBeGreaterThanOrEqual(atLeast);
    expect(nameSimilarity(right, left)).toBe(nameSimilarity(left, right));
  });

  test.each([
    ["price", "name"],
    ["created_at", "owner"],
    ["", "x"],
  ])("%j and %j are not", (left, right) => {
    expect(nameSimilarity(left, right)).toBeLessThan(0.3);
  });
});

import { expect, test } from "vitest";
import { createMemoryStore } from "../storage/memory-store.ts";
import { IndexPolicy, policyLog, readPolicy } from "./index-policy.ts";

test("an index without a policy is judged by the defaults, and a set one is read back", async () => {
  const store = createMemoryStore("test");
  expect(await readPolicy(store, "i")).toEqual({
    schemaVersion: 1,
    gates: { recallMin: 0.9, filteredRecallMin: 0.9 },
    retention: { keep: 3, pinned: [] },
  });
  const policy = IndexPolicy.parse({ schemaVersion: 1, gates: { p95MsMax: 5 }, evalSet: "support" });
  await policyLog(store, "i").commit(() => policy);
  expect(await readPolicy(store, "i")).toMatchObject({
    gates: { p95MsMax: 5, recallMin: 0.9 },
    evalSet: "support",
  });
});

test.each([
  { gates: { recallMin: 1.1 } },
  { gates: { recall: 0.9 } },
  { retention: { keep: 1 } },
  { gates: { p50MsMax: 0 } },
])("%j is no policy", (change) => {
  expect(IndexPolicy.safeParse({ schemaVersion: 1, ...change }).success).toBe(false);
});

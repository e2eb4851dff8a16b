import { expect, test } from "vitest";
import { migrationLines } from "./migration-lines.ts";

const bare = { id: "m1", index: "notes", state: "sampling", from: "a@1", to: "b@1" };

test("a migration shows what was predicted with its intervals, and what can be returned to", () => {
  const interval = { expected: 2, low: 1, high: 3 };
  const lines = migrationLines({
    ...bare,
    state: "cut-over",
    prediction: {
      chunks: 1_000,
      to_embed: 500,
      sample: { chunks: 500, embedded: 500, cost_usd: 0.01, seconds: 4 },
      tokens: interval,
      cost_usd: interval,
      seconds: null,
      quality: {
        source: "eval-set",
        queries: 20,
        documents: 400,
        mean_reciprocal_rank: { before: 0.5, after: 0.75, difference: interval },
      },
    },
    shadow: { generation: "g2" },
    cutover: { at: "today", previous: "g1", rollback_until: "tomorrow" },
  });
  expect(lines).toEqual([
    "m1  cut-over  a@1 -> b@1",
    "  sampled 500 of 1000 chunks, 500 embedded, in 4.0 s for $0.010000",
    "  left to embed: 500 texts, tokens 2 (95 %: 1 to 3), $2.0000 (95 %: 1.0000 to 3.0000), seconds unknown",
    "  quality (mean reciprocal rank of 20 eval-set queries among 400 documents): 0.5000 -> 0.7500, difference 2.0000 (95 %: 1.0000 to 3.0000)",
    "  shadow g2",
    "  cut over at today from g1; rollback until tomorrow",
  ]);
});

test("one that has only begun shows no more than that", () => {
  expect(migrationLines({ ...bare, prediction: null, shadow: null, cutover: null })).toEqual([
    "m1  sampling  a@1 -> b@1",
  ]);
});

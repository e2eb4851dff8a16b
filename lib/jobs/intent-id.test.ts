import { IntentId } from "@lakefleet/queues/names.ts";
import { expect, test } from "vitest";
import { intentTimeMs, newIntentId } from "./intent-id.ts";

test("a later id sorts after an earlier one", () => {
  const times = [0, 1, 31, 32, 1_700_000_000_000, 1_700_000_000_001, 2 ** 49];
  const ids = times.map((time) => newIntentId(time));
  expect([...ids].sort()).toEqual(ids);
});

test("ids of one millisecond differ and fit every place an id stands in", () => {
  const ids = Array.from({ length: 5_000 }, () => newIntentId(1_700_000_000_000));
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(IntentId.safeParse(id).success).toBe(true);
});

test("an id tells the millisecond in which it was drawn", () => {
  for (const time of [0, 31, 32, 1_700_000_000_001, 2 ** 49])
    expect(intentTimeMs(newIntentId(time))).toBe(time);
});

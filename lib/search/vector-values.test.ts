import { expect, test } from "vitest";
import { VectorValues } from "./vector-values.ts";

test.each([[[0.5, -1, 0]], [[1e300]], [Array<number>(65_536).fill(1)]])(
  "numbers pass as they are",
  (values) => {
    expect(VectorValues.parse(values)).toEqual(values);
  },
);

test.each<[string, unknown, (string | number)[], string]>([
  ["text", "0.1,0.2", [], "expected array"],
  ["an object with a length", { length: 3 }, [], "expected array"],
  ["null", null, [], "expected array"],
  ["no values", [], [], "1 to 65536 values, not 0"],
  ["too many values", Array(65_537).fill(1), [], "not 65537"],
  ["null, as JSON writes NaN", [1, null], [1], "finite number"],
  ["a number in quotes", [1, 2, "3"], [2], "finite number"],
  ["a number beyond all", [Number.POSITIVE_INFINITY], [0], "finite number"],
  ["a hole", new Array(2), [0], "finite number"],
])("%s is refused with its place", (_, values, path, message) => {
  expect(VectorValues.safeParse(values).error?.issues).toEqual([
    expect.objectContaining({ path, message: expect.stringContaining(message) }),
  ]);
});

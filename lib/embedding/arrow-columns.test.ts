import fc from "fast-check";
import { expect, test } from "vitest";
import { arrow } from "../dataset/arrow.ts";
import { textColumn } from "./arrow-columns.ts";

const readBack = (values: readonly (string | null)[]) => [...new arrow.Vector([textColumn(values)])];

test("a column of texts holds each of them, and nothing where there is none", () => {
  for (const values of [[], [null], [""], ["", null, "Zürich", "🚲", null], [null, "a\0b"]]) {
    expect(readBack(values)).toEqual(values);
  }
});

test("a text that is cut inside a character leaves its neighbours as they are", () => {
  const [high, low] = ["🚲".slice(0, 1), "🚲".slice(1)];
  expect(readBack([high, low, "b"])).toEqual(["\ufffd", "\ufffd", "b"]);
});

test("a column is what Arrow's own builder makes of the same texts", () => {
  const texts = fc.array(fc.option(fc.string({ unit: "binary" }), { freq: 4 }));
  fc.assert(
    fc.property(texts, (values) => {
      const theirs = arrow.vectorFromArray(values, new arrow.Utf8());
      expect(readBack(values)).toEqual([...theirs]);
      expect(textColumn(values).nullCount).toBe(theirs.nullCount);
    }),
  );
});

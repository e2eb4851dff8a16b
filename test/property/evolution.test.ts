import type { Column, ColumnType } from "@lakefleet/lib/dataset/dataset-version.ts";
import { applyRules } from "@lakefleet/lib/dataset/evolution/apply-rules.ts";
import { diffColumns, driftOf } from "@lakefleet/lib/dataset/evolution/diff-columns.ts";
import { proposeRules } from "@lakefleet/lib/dataset/evolution/propose-rules.ts";
import fc from "fast-check";
import { expect, test } from "vitest";

const types: ColumnType[] = ["bigint", "double", "varchar", "date", "boolean", "json"];
const columnsArbitrary = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom(
      "id",
      "user_id",
      "userId",
      "name",
      "first_name",
      "fname",
      "price",
      "amount",
      "A",
      "b",
      "created",
    ),
    type: fc.constantFrom(...types),
  }),
  { minLength: 1, maxLength: 8, selector: ({ name }) => name.toLowerCase() },
);

test("the steps that are proposed for a difference make the columns before those after", () => {
  fc.assert(
    fc.property(columnsArbitrary, columnsArbitrary, (before: Column[], after: Column[]) => {
      const applied = applyRules(before, proposeRules(diffColumns(before, after)));
      expect(driftOf(diffColumns(applied, after))).toBeUndefined();
      expect(applied.length).toBe(after.length);
    }),
    { numRuns: 500 },
  );
});

test("every column of both sides is accounted for once", () => {
  fc.assert(
    fc.property(columnsArbitrary, columnsArbitrary, (before: Column[], after: Column[]) => {
      const { added, removed, renamed } = diffColumns(before, after);
      const common = before.filter((column) =>
        after.some(({ name }) => name.toLowerCase() === column.name.toLowerCase()),
      );
      expect(removed.length + renamed.length + common.length).toBe(before.length);
      expect(added.length + renamed.length + common.length).toBe(after.length);
    }),
  );
});

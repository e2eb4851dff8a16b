import { describe, expect, test } from "vitest";
import type { Column, ColumnType } from "../column.ts";
import { diffColumns, driftOf } from "./diff-columns.ts";
import { describeDrift } from "./schema-drift.ts";
import { overlapOf } from "./value-overlap.ts";

const column = (name: string, type: ColumnType = "varchar"): Column => ({ name, type });

describe("diffColumns", () => {
  test("of equal columns, in any order and case, is nothing", () => {
    const diff = diffColumns([column("a"), column("b")], [column("B"), column("A")]);
    expect(driftOf(diff)).toBeUndefined();
  });

  test("tells what came, what went, what has another type and what another name", () => {
    const diff = diffColumns(
      [column("id", "bigint"), column("cust_name"), column("price", "bigint"), column("obsolete")],
      [column("id", "bigint"), column("customer_name"), column("price", "double"), column("size", "double")],
    );
    expect(driftOf(diff)).toEqual({
      added: ["size"],
      missing: ["obsolete"],
      retyped: [{ column: "price", from: "bigint", to: "double" }],
      renamed: [{ from: "cust_name", to: "customer_name", confidence: expect.closeTo(0.86, 1) }],
    });
    expect(describeDrift(driftOf(diff)!)).toMatch(
      /^cust_name seems to be called customer_name now .*price came as double instead of bigint; missing: obsolete; new: size$/,
    );
  });

  test("knows a column under a name that says nothing by its values", () => {
    const values = ["Berlin", "Paris", "Rome", "Oslo", "Bern", "Wien"];
    const before = new Map([["city", values]]);
    const [gone, come] = [[column("city")], [column("x7"), column("y")]];
    expect(diffColumns(gone, come).renamed).toEqual([]);
    const overlap = overlapOf(
      before,
      new Map([
        ["x7", values.slice(1)],
        ["y", ["1", "2", "3", "4", "5"]],
      ]),
    );
    expect(diffColumns(gone, come, overlap).renamed).toMatchObject([{ to: { name: "x7" } }]);
  });

  test("a few values that all columns of flags share say nothing", () => {
    const flags = new Map([["paid", ["true", "false"]]]);
    expect(overlapOf(flags, new Map([["sent", ["true", "false"]]]))("paid", "sent")).toBeUndefined();
  });

  test("takes the surest pairs where several columns are alike", () => {
    const { renamed } = diffColumns(
      [column("first_name"), column("last_name")],
      [column("last_nm"), column("first_nm")],
    );
    expect(renamed.map(({ from, to }) => [from.name, to.name]).sort()).toEqual([
      ["first_name", "first_nm"],
      ["last_name", "last_nm"],
    ]);
  });

  test("is less sure of a new name where the type is new, too", () => {
    const sure = (type: ColumnType) =>
      diffColumns([column("user_id", "bigint")], [column("userid", type)]).renamed[0]?.confidence ?? 0;
    expect(sure("varchar")).toBeLessThan(sure("bigint"));
  });
});

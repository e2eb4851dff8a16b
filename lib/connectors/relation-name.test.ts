import { expect, test } from "vitest";
import { splitRelationName } from "./relation-name.ts";

test.each([
  ["orders", undefined, "orders"],
  ["shop.orders", "shop", "orders"],
  [' "Sh.op" . "Or""ders" ', "Sh.op", 'Or"ders'],
  ["shop.`or``ders`", "shop", "or`ders"],
  ["or ders", undefined, "or ders"],
  ["x; DROP TABLE y", undefined, "x; DROP TABLE y"],
])("%s", (text, schema, table) => expect(splitRelationName(text)).toEqual({ schema, table }));

test.each(["", "a.b.c", ".", "a.", '"open', "a.`b"])("%j names no table", (text) => {
  expect(() => splitRelationName(text)).toThrow(
    expect.objectContaining({ type: "table-name", field: "table" }),
  );
});

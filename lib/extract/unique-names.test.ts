import { expect, test } from "vitest";
import { uniqueNames } from "./unique-names.ts";

test("names differ also where case does not count, and none is empty or reserved", () => {
  expect(uniqueNames(["id", "ID", null, " ", "id_2", "_ROW_ID", "a\u0000b\n"])).toEqual([
    "id",
    "ID_2",
    "column_3",
    "column_4",
    "id_2_2",
    "_ROW_ID_2",
    "a b",
  ]);
});

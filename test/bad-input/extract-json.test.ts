import { describe, expect, test } from "vitest";
import { extractBytes, refusalOf } from "./extract-bytes.ts";

describe("rows", () => {
  test("nested objects are flattened, arrays and mixtures stay JSON", async () => {
    const value = [
      { id: 1, person: { name: "Ann", address: { city: "Bern" } }, tags: ["a", "b"], mixed: 1, empty: {} },
      { id: 2, person: { name: null }, mixed: "x", late: true },
    ];
    const { rows, types } = await extractBytes("x.json", JSON.stringify(value));
    expect(types).toEqual({
      id: "bigint",
      "person.name": "varchar",
      "person.address.city": "varchar",
      tags: "json",
      mixed: "json",
      empty: "json",
      late: "boolean",
    });
    expect(rows).toEqual([
      {
        id: "1",
        "person.name": "Ann",
        "person.address.city": "Bern",
        tags: '["a","b"]',
        mixed: "1",
        empty: "{}",
        late: null,
      },
      {
        id: "2",
        "person.name": null,
        "person.address.city": null,
        tags: null,
        mixed: '"x"',
        empty: null,
        late: "true",
      },
    ]);
  });

  test("integers past 2^53 are kept to the digit, as are those past 64 bits and within arrays", async () => {
    const { rows, types } = await extractBytes(
      "x.json",
      '[{"a":9007199254740993,"b":123456789012345678901,"c":[9007199254740993],"d":1e999},{"a":-1,"b":2,"c":[],"d":1}]',
    );
    expect(types).toEqual({ a: "bigint", b: "varchar", c: "json", d: "varchar" });
    expect(rows[0]).toEqual({
      a: "9007199254740993",
      b: "123456789012345678901",
      c: "[9007199254740993]",
      d: "1e999",
    });
  });

  test("keys that meet after flattening get names of their own", async () => {
    const { rows } = await extractBytes("x.json", '{"a.b":1,"a":{"b":2},"A.B":3,"":4}');
    expect(rows).toEqual([{ "a.b": "1", "a.b_2": "2", "A.B_3": "3", column_4: "4" }]);
  });

  test("a later type changes the column, not the rows", async () => {
    const lines = Array.from({ length: 5000 }, (_, at) => JSON.stringify({ n: at }));
    lines.push('{"n":0.5,"m":{"late":1}}');
    const { rows, types } = await extractBytes("x.ndjson", lines.join("\n"));
    expect([rows.length, types]).toEqual([5001, { n: "double", "m.late": "bigint" }]);
  });

  test("keys such as __proto__ are only names", async () => {
    expect((await extractBytes("x.json", '{"__proto__":{"x":1},"constructor":2}')).rows).toEqual([
      { "__proto__.x": "1", constructor: "2" },
    ]);
  });

  test.each([
    ["scalars", "[1,2,null]", [{ value: "1" }, { value: "2" }, { value: null }]],
    ["one scalar", "true", [{ value: "true" }]],
    ["empty objects", "[{},{}]", [{ value: "{}" }, { value: "{}" }]],
    ["an empty object beside others", '[{},{"a":1}]', [{ a: null }, { a: "1" }]],
    ["an empty array", "[]", []],
    ["objects line by line in a .json", '{"a":1}\n{"a":2}\n', [{ a: "1" }, { a: "2" }]],
    ["a zero character", '["a\\u0000b"]', [{ value: "a\u0000b" }]],
  ])("%s", async (_, content, expected) => {
    expect((await extractBytes("x.json", content)).rows).toEqual(expected);
  });

  test("an element that spans many reads is one row", async () => {
    const value = [{ a: "x".repeat(5 << 20) }, { a: "y" }];
    expect((await extractBytes("x.json", JSON.stringify(value, null, 1))).rows).toEqual(value);
  });
});

describe("bad rows", () => {
  test.each([
    ["x.json", '[{"a":1},\n{"a":01},\n{"a":3}]', "json-syntax", { line: 2, row: 2, byte: 16 }],
    ["x.json", '[{"a":1},\n{"a":"\\ud800"},\n{"a":3}]', "json-surrogate", { line: 2, row: 2 }],
    ["x.json", `[{"a":1},\n${"[".repeat(200)}${"]".repeat(200)},\n{"a":3}]`, "json-depth", { row: 2 }],
    ["x.json", `[{"a":1},\n{"a":"${"x".repeat(17 << 20)}"},\n{"a":3}]`, "json-row-size", { row: 2 }],
    ["x.ndjson", '{"a":1}\n\n{"a":\n{"a":3}\n', "json-syntax", { line: 3, row: 2, byte: 14 }],
    ["x.ndjson", `{"a":1}\n${"[".repeat(200)}\n{"a":3}\n`, "json-depth", { line: 2, row: 2 }],
    ["x.ndjson", `{"a":1}\n{"a":"${"x".repeat(17 << 20)}"}\n{"a":3}\n`, "json-row-size", { line: 2, row: 2 }],
  ])("%s, case %#", async (name, content, type, place) => {
    expect(await refusalOf(name, content)).toMatchObject({ type, place: { file: name, ...place } });
    const { rows, rejects } = await extractBytes(name, content, "skip");
    expect([rows.length, rejects.length]).toEqual([2, 1]);
    expect(rejects[0]).toMatchObject(place);
  });

  test.each([
    ["a file that ends too soon", '[{"a":1},', "json-structure"],
    ["text after the end", '[{"a":1}]\n[2]', "json-structure"],
    ["hundreds of thousands of open brackets", "[".repeat(400_000), "json-structure"],
    ["nothing", "", "json-empty"],
    ["a byte order mark alone", "\ufeff", "json-empty"],
    ["UTF-16", Buffer.from("\ufeff[1]", "utf16le"), "json-encoding"],
  ])("%s is refused even where bad rows are skipped", async (_, content, type) => {
    if (type === "json-encoding") expect((await refusalOf("x.json", content)).type).toBe(type);
    else expect((await refusalOf("x.json", content, "skip")).type).toBe(type);
  });

  test("rows with thousands of different keys are refused", async () => {
    const rows = Array.from({ length: 5000 }, (_, at) => ({ [`k${at}`]: at }));
    expect(await refusalOf("x.json", JSON.stringify(rows))).toMatchObject({ type: "json-columns" });
  });
});

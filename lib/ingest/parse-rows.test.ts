import { expect, test } from "vitest";
import { parseRows } from "./parse-rows.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

test("rows keep every digit of their numbers, and a key makes an upsert of them", () => {
  const body = '{"rows":[{"id":9007199254740993,"price":0.10,"name":"ü"}],"key":"id"}';
  expect(parseRows(bytes(body))).toEqual({
    rowCount: 1,
    content: '[{"id":9007199254740993,"price":0.10,"name":"ü"}]',
    mode: "upsert",
    key: "id",
  });
  expect(parseRows(bytes('{"rows":[{"a":null}]}')).mode).toBe("append");
});

test.each([
  ["", "rows-json"],
  ['{"rows":[{"a":1}]', "rows-json"],
  ["[1]", "rows-shape"],
  ["1e400", "rows-shape"],
  ['{"rows":[]}', "rows-shape"],
  ['{"rows":{"a":1}}', "rows-shape"],
  ['{"rows":[{"a":1},[2]]}', "rows-shape"],
  ['{"rows":[{}]}', "rows-shape"],
  ['{"rows":[{"a":1}],"key":7}', "rows-shape"],
  ['{"rows":[{"a":1}],"index":"b"}', "rows-shape"],
  [`{"rows":${"[".repeat(400_000)}`, "rows-depth"],
])("%.40s is refused as %s", (body, type) => {
  expect(() => parseRows(bytes(body))).toThrow(expect.objectContaining({ kind: "invalid", type }));
});

test("bytes that are no UTF-8 are refused", () => {
  const body = Uint8Array.from([...bytes('{"rows":[{"a":"'), 0xff, ...bytes('"}]}')]);
  expect(() => parseRows(body)).toThrow(expect.objectContaining({ type: "rows-json" }));
});

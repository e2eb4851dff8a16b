import { expect, test } from "vitest";
import { canonicalJson } from "./canonical-json.ts";

test("the order of keys does not matter, and that of elements does", () => {
  expect(canonicalJson({ b: [2, 1], a: { d: null, c: "x" } })).toBe('{"a":{"c":"x","d":null},"b":[2,1]}');
});

test("keys sort by UTF-16 code units and keep their names", () => {
  const value: unknown = JSON.parse('{"\u{FF5E}":1,"\u{1F600}":2,"__proto__":3,"10":4,"9":5}');
  expect(canonicalJson(value)).toBe('{"10":4,"9":5,"__proto__":3,"\u{1F600}":2,"\u{FF5E}":1}');
});

test.each(["null", "true", "-0.5", "1e+21", '"a\\n\\u0007ü"', "[]", "{}"])("%s stays as it is", (text) => {
  expect(canonicalJson(JSON.parse(text))).toBe(text);
});

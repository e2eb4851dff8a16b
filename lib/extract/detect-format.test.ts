import { describe, expect, test } from "vitest";
import { detectFormat } from "./detect-format.ts";

const formatOf = (name: string, content: string | Uint8Array) =>
  detectFormat({ name, head: typeof content === "string" ? Buffer.from(content) : content });

describe("detectFormat", () => {
  test.each([
    ["x.csv", "a,b\n", "csv"],
    ["X.TSV", "a\tb\n", "tsv"],
    ["x.jsonl", "{}", "ndjson"],
    ["x.json", "[1]", "json"],
    ["x.json", '{"a":1}\n{"a":2}', "ndjson"],
    ["x.json", '{\n"a":1}\n', "json"],
    ["x.md", "# T", "markdown"],
    ["x.htm", "<p>", "html"],
    ["x", "plain words", "text"],
    ["x", "<!DOCTYPE html><p>", "html"],
    ["x", '{"a":1}', "json"],
    ["x.txt", "%PDF-1.4", "pdf"],
    ["x.csv", "PAR1....", "parquet"],
    ["notes.txt", "", "text"],
  ])("%s with %j is %s", (name, content, format) => {
    expect(formatOf(name, content)).toBe(format);
  });

  test("text in UTF-16 is no binary", () => {
    expect(formatOf("x.csv", Buffer.from("a,b\n1,2\n", "utf16le"))).toBe("csv");
  });

  test("binary content of no known kind is refused", () => {
    const image = Buffer.from("89504e470d0a1a0a0000000d4948445200", "hex");
    expect(() => formatOf("x.csv", image)).toThrow(expect.objectContaining({ type: "upload-format" }));
  });
});

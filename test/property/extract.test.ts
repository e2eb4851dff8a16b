import { locateJsonError } from "@lakefleet/lib/extract/json/locate-json-error.ts";
import { newValueScan, scanElement } from "@lakefleet/lib/extract/json/scan-value.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { extractBytes } from "../bad-input/extract-bytes.ts";
import { costly, costlyMs } from "../support/long-runs.ts";

const runs = costly(13);

const characters = [
  "a",
  "b",
  "7",
  "0",
  ".",
  "-",
  " ",
  ",",
  ";",
  "\t",
  "|",
  '"',
  "\n",
  "\r\n",
  "é",
  "漢",
  "🙂",
  "e",
  "true",
];
const value = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.array(fc.constantFrom(...characters), { maxLength: 8 }).map((parts) => parts.join("")),
  },
  fc.constantFrom(
    "",
    "007",
    "1.50",
    "-0",
    "2024-02-29",
    "2024-13-01",
    "NULL",
    "nan",
    "1e5",
    "9223372036854775808",
  ),
  fc.integer().map(String),
  fc.constant(null),
);

interface Dialect {
  delimiter: string;
  lineBreak: string;
  quoteAll: boolean;
  encoding: "utf8" | "bom" | "utf16le";
}
const dialects: fc.Arbitrary<Dialect> = fc.record({
  delimiter: fc.constantFrom(",", ";", "\t", "|"),
  lineBreak: fc.constantFrom("\n", "\r\n", "\r"),
  quoteAll: fc.boolean(),
  encoding: fc.constantFrom("utf8", "bom", "utf16le"),
});

/** Tables of at least two columns: with one, no delimiter says which character it is. */
const tables = fc.integer({ min: 2, max: 5 }).chain((width) =>
  fc.record({
    names: fc.constant(Array.from({ length: width }, (_, at) => `name ${"abcde"[at]}`)),
    rows: fc.array(fc.array(value, { minLength: width, maxLength: width }), { maxLength: 30 }),
  }),
);

function writeField(field: string | null, dialect: Dialect): string {
  if (field === null) return "";
  const quoted = dialect.quoteAll || field === "" || /[",;\t|\r\n]/.test(field);
  return quoted ? `"${field.replaceAll('"', '""')}"` : field;
}

function writeCsv(lines: (string | null)[][], dialect: Dialect): Buffer {
  const text = lines
    .map(
      (line) => line.map((field) => writeField(field, dialect)).join(dialect.delimiter) + dialect.lineBreak,
    )
    .join("");
  if (dialect.encoding === "utf16le") return Buffer.from(`\ufeff${text}`, "utf16le");
  return Buffer.from(dialect.encoding === "bom" ? `\ufeff${text}` : text);
}

/** What a typed column prints for a value; the number, the moment or the word is the same. */
function printed(field: string | null, type: string): string | null {
  if (field === null || type === "varchar" || type === "bigint" || type === "date") return field;
  if (type === "boolean") return field.toLowerCase();
  return type === "double" ? String(Number(field)) : field.replace("T", " ");
}

describe("CSV", () => {
  test(
    "any table comes back from any dialect with the same values",
    async () => {
      await fc.assert(
        fc.asyncProperty(tables, dialects, async ({ names, rows }, dialect) => {
          const found = await extractBytes("table.csv", writeCsv([names, ...rows], dialect));
          const types = Object.entries(found.types);
          expect(types.map(([name]) => name)).toEqual(names);
          const expected = rows.map((row) => row.map((field, at) => printed(field, types[at]![1])));
          const got = found.rows.map((row) =>
            types.map(([name, type]) =>
              type === "double" && row[name] !== null ? String(Number(row[name])) : row[name],
            ),
          );
          expect(got).toEqual(expected);
        }),
        runs,
      );
    },
    costlyMs,
  );

  test(
    "with bad rows skipped, good and bad rows add up",
    async () => {
      const line = fc.constantFrom("1,2", "x,y", "1,2,3", "1", '"a","b"', '"a"b,c', "5,é");
      await fc.assert(
        fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 60 }), async (lines) => {
          const bad = lines.filter((text) => ["1,2,3", "1", '"a"b,c'].includes(text)).length;
          const found = await extractBytes(
            "x.csv",
            `name,city\nAnn,Bern\nBen,Biel\n${lines.join("\n")}\n`,
            "skip",
          );
          expect([found.rows.length, found.rejects.length]).toEqual([lines.length - bad + 2, bad]);
        }),
        runs,
      );
    },
    costlyMs,
  );
});

describe("JSON", () => {
  const json = fc.jsonValue({ maxDepth: 4, noUnicodeString: false });

  test(
    "any array of values comes back, each in its columns",
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(json, { maxLength: 20 }), fc.constantFrom(0, 1), async (values, indent) => {
          const { rows } = await extractBytes("x.json", JSON.stringify(values, null, indent));
          expect(rows.length).toBe(values.length);
          const lines = await extractBytes(
            "x.ndjson",
            values.map((row) => JSON.stringify(row)).join("\n") || "null",
          );
          if (values.length > 0) expect(lines.rows).toEqual(rows);
        }),
        runs,
      );
    },
    costlyMs,
  );

  test(
    "flat objects of one type to a key keep every value",
    async () => {
      const row = fc.record({
        text: fc.string({ unit: "grapheme" }),
        whole: fc.maxSafeInteger(),
        truth: fc.boolean(),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 20 }), async (values) => {
          const { rows, types } = await extractBytes("x.json", JSON.stringify(values));
          expect(types).toEqual({ text: "varchar", whole: "bigint", truth: "boolean" });
          expect(rows).toEqual(
            values.map(({ text, whole, truth }) => ({ text, whole: String(whole), truth: String(truth) })),
          );
        }),
        runs,
      );
    },
    costlyMs,
  );

  test("a text has an error to be located exactly where JSON.parse refuses it", () => {
    const pieces = fc.array(
      fc.constantFrom('"', "a", "[", "]", "{", "}", ",", ":", "1", "0", ".", "e", "-", "\\", " ", "true"),
    );
    const texts = fc.oneof(
      pieces.map((parts) => parts.join("")),
      json.map((some) => JSON.stringify(some)),
    );
    fc.assert(
      fc.property(texts, (text) => {
        expect(locateJsonError(text) === undefined).toBe(parses(text));
      }),
      { numRuns: 3000 },
    );
  });

  test("an element ends at the same byte however the text is cut into pieces", () => {
    fc.assert(
      fc.property(json, fc.nat(), (some, cut) => {
        const bytes = Buffer.from(`${JSON.stringify(some)},`);
        const middle = cut % bytes.length;
        const scan = newValueScan();
        const first = scanElement(bytes, 0, middle, scan);
        const end = first < middle ? first : scanElement(bytes, middle, bytes.length, scan);
        expect(end).toBe(bytes.length - 1);
      }),
      { numRuns: 500 },
    );
  });
});

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

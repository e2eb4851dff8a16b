import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { extractBytes, refusalOf } from "./extract-bytes.ts";
import { notRun, sharedData } from "./shared-data.ts";

const spectrum = sharedData("csv-spectrum");

(spectrum === undefined ? notRun : describe)("csv-spectrum", () => {
  const files = spectrum === undefined ? [] : readdirSync(path.join(spectrum, "csvs"));
  test("has files to be read", () => {
    expect(files.length).toBeGreaterThan(10);
  });
  for (const file of files) {
    test(`${file} becomes the rows that its JSON says`, async () => {
      const content = readFileSync(path.join(spectrum!, "csvs", file));
      const expected = readFileSync(path.join(spectrum!, "json", file.replace(/\.csv$/, ".json")), "utf8");
      const { rows } = await extractBytes(file, content);
      expect(rows).toEqual(JSON.parse(expected));
    });
  }
});

describe("dialects", () => {
  const expected = [
    { name: "Ann", city: "Bern" },
    { name: "Zoë", city: "Łódź" },
  ];
  const text = "name,city\nAnn,Bern\nZoë,Łódź\n";
  const wide = Buffer.from(text, "utf16le");
  test.each([
    ["a byte order mark", Buffer.from(`\ufeff${text}`)],
    ["semicolons", text.replaceAll(",", ";")],
    ["tabs", text.replaceAll(",", "\t")],
    ["bars", text.replaceAll(",", "|")],
    ["a line that names the separator", `sep=;\n${text.replaceAll(",", ";")}`],
    ["CRLF", text.replaceAll("\n", "\r\n")],
    ["CR", text.replaceAll("\n", "\r")],
    ["mixed line breaks", "name,city\r\nAnn,Bern\nZoë,Łódź\r"],
    ["no line break at the end", text.trimEnd()],
    ["UTF-16 LE with a mark", Buffer.concat([Buffer.from([0xff, 0xfe]), wide])],
    ["UTF-16 BE with a mark", Buffer.concat([Buffer.from([0xff, 0xfe]), wide]).swap16()],
    ["a preamble", `Members of the club\n\n${text}`],
    ["a padded preamble", "Members,,\n,,\nname,city,age\nAnn,Bern,41\nZoë,Łódź,35\n"],
    ["blank lines", text.replaceAll("\n", "\n\n")],
    ["quotes everywhere", text.replaceAll(/[^,\n]+/g, '"$&"')],
  ])("%s", async (_, content) => {
    const { rows } = await extractBytes("people.csv", content);
    expect(rows.map(({ name, city }) => ({ name, city }))).toEqual(expected);
  });

  test("UTF-16 without a mark is known by its zero bytes", async () => {
    const { rows } = await extractBytes("people.csv", Buffer.from("name,city\nAnn,Bern\n", "utf16le"));
    expect(rows).toEqual([{ name: "Ann", city: "Bern" }]);
  });

  test("what is not UTF-8 is read as Windows-1252", async () => {
    const { rows } = await extractBytes("x.csv", Buffer.from("name;price\nMüller;3 \x80\n", "latin1"));
    expect(rows).toEqual([{ name: "Müller", price: "3 €" }]);
  });

  test("repeated and empty names get names of their own", async () => {
    const { rows } = await extractBytes("x.csv", "a,A,,a\nw,x,y,z\n");
    expect(rows).toEqual([{ a: "w", A_2: "x", column_3: "y", a_3: "z" }]);
  });

  test("a name that a dataset keeps for itself is changed", async () => {
    expect((await extractBytes("x.csv", "_row_id,b\n5,6\n")).types).toEqual({
      _row_id_2: "bigint",
      b: "bigint",
    });
  });

  test("a table without a header keeps its first row", async () => {
    const { rows } = await extractBytes("x.csv", "1,Ann\n2,Ben\n");
    expect(rows).toEqual([
      { column_1: "1", column_2: "Ann" },
      { column_1: "2", column_2: "Ben" },
    ]);
  });

  test("a header alone is a table without rows", async () => {
    const { rows, types } = await extractBytes("x.csv", "id,name\n");
    expect([rows, Object.keys(types)]).toEqual([[], ["id", "name"]]);
  });
});

describe("types keep every value", () => {
  test("columns take the narrowest type that loses nothing", async () => {
    const { types } = await extractBytes(
      "x.csv",
      [
        "int,code,huge,price,long,day,moment,flag,exponent,mixed,gap",
        "1,007,9223372036854775808,1.50,0.1234567890123456,2024-02-29,2024-02-29 10:00:00,true,1E5,1,1",
        "-5,010,1,2,1,2023-01-01,2024-03-01T23:59:59.5,FALSE,2E3,x,",
      ].join("\n"),
    );
    expect(types).toEqual({
      int: "bigint",
      code: "varchar",
      huge: "varchar",
      price: "double",
      long: "varchar",
      day: "date",
      moment: "timestamp",
      flag: "boolean",
      exponent: "varchar",
      mixed: "varchar",
      gap: "bigint",
    });
  });

  test("a value far from every sample widens its column", async () => {
    const rows = Array.from({ length: 60_000 }, (_, at) => `${at},${at},2024-01-01,${"x".repeat(20)}`);
    rows[59_321] = `59321,1.5,yesterday,${"x".repeat(20)}`;
    const { types, rows: found } = await extractBytes("x.csv", `id,amount,day,note\n${rows.join("\n")}\n`);
    expect(types).toEqual({ id: "bigint", amount: "double", day: "varchar", note: "varchar" });
    expect(found[59_321]).toMatchObject({ amount: "1.5", day: "yesterday" });
  });

  test("nothing is missing, and quotes around nothing are an empty text", async () => {
    expect((await extractBytes("x.csv", 'a,b\n,x\n"",y\n')).rows).toEqual([
      { a: null, b: "x" },
      { a: "", b: "y" },
    ]);
  });

  test("a date that no calendar has stays text", async () => {
    expect((await extractBytes("x.csv", "d,n\n2023-02-30,1\n")).types).toEqual({ d: "varchar", n: "bigint" });
  });
});

describe("bad rows", () => {
  test.each([
    ["too many fields", "a,b\n1,2\n3,4,5\n6,7\n", "csv-fields", 3, 2],
    ["too few fields", "a,b\n1,2\n3\n6,7\n", "csv-fields", 3, 2],
    ["text after a closing quote", 'a,b\n1,2\n"x"y,4\n6,7\n', "csv-quote", 3, 2],
    ["a quote that is never closed", 'a,b\n1,2\n"x,4\n6,7\n', "csv-quote", 3, 2],
    ["a zero byte", "a,b\n1,2\nx\u0000,4\n6,7\n", "csv-zero-byte", 3, 2],
    ["a bad row after a row of two lines", 'a,b\n"1\n1",2\n3\n6,7\n', "csv-fields", 4, 2],
  ])("%s", async (_, content, type, line, row) => {
    const error = await refusalOf("x.csv", content);
    expect(error).toMatchObject({ type, place: { file: "x.csv", line, row } });
    expect(error.message).toContain(`line ${line}`);
    const { rows, rejects } = await extractBytes("x.csv", content, "skip");
    expect([rows.length, rejects.length]).toEqual([2, 1]);
    expect(rejects[0]).toMatchObject({ line, row });
    expect(rejects[0]).toHaveProperty("reason");
  });

  test("stray bytes in a UTF-8 file are the row's fault, and its place is told", async () => {
    const good = "né,né\n".repeat(50);
    const content = Buffer.concat([
      Buffer.from(`a,b\n${good}x`),
      Buffer.from([0xff]),
      Buffer.from(`,y\n${good}`),
    ]);
    const place = { file: "x.csv", line: 52, row: 51, byte: content.indexOf(0xff) };
    expect(await refusalOf("x.csv", content)).toMatchObject({ type: "csv-encoding", place });
    const { rows, rejects } = await extractBytes("x.csv", content, "skip");
    expect([rows.length, rejects.length]).toEqual([100, 1]);
  });

  test("stray bytes past the head are found too", async () => {
    const rows = "1,some text\n".repeat(150_000);
    const content = Buffer.concat([Buffer.from(`a,b\n${rows}2,x`), Buffer.from([0xe9, 10])]);
    expect(await refusalOf("x.csv", content)).toMatchObject({
      type: "csv-encoding",
      place: { line: 150_002 },
    });
  });

  test("a row longer than the limit is rejected, those around it are kept", async () => {
    const content = `a,b\n1,2\n3,${"x".repeat(17 << 20)}\n5,6\n`;
    expect(await refusalOf("x.csv", content)).toMatchObject({ type: "csv-row-size", place: { line: 3 } });
    const { rows, rejects } = await extractBytes("x.csv", content, "skip");
    expect(rows).toEqual([
      { a: "1", b: "2" },
      { a: "5", b: "6" },
    ]);
    expect(rejects).toHaveLength(1);
  });

  test("a row of 5 MiB is read", async () => {
    const { rows } = await extractBytes("x.csv", `a,b\n1,${"x".repeat(5 << 20)}\n2,y\n`);
    expect(rows.map((row) => row.b?.length)).toEqual([5 << 20, 1]);
  });

  test("ten thousand quotes that are never closed end in ten thousand rejects", async () => {
    const { rows, rejects } = await extractBytes("x.csv", `a,b\n${'1,2\n"x,3 y"z\n'.repeat(10_000)}`, "skip");
    expect([rows.length, rejects.length]).toEqual([10_000, 10_000]);
  });

  test("a table of 5000 columns is refused", async () => {
    const wide = Array.from({ length: 5000 }, (_, at) => `c${at}`).join(",");
    expect(await refusalOf("x.csv", `${wide}\n${wide}\n`)).toMatchObject({ type: "csv-columns" });
  });
});

describe("no table at all", () => {
  test.each([
    ["nothing", "", "csv-empty"],
    ["line breaks", "\n\n\r\n", "csv-empty"],
    ["a byte order mark", "\ufeff", "csv-empty"],
    ["one open quote", '"', "csv-empty"],
    ["an image", Buffer.from("89504e470d0a1a0a0000000d494844520000000100000001", "hex"), "upload-format"],
    ["odd UTF-16", Buffer.from([0xff, 0xfe, 0x61, 0x00, 0x00, 0xd8, 0x62]), "text-encoding"],
  ])("%s is refused", async (_, content, type) => {
    expect(await refusalOf("x.csv", content)).toMatchObject({ type });
  });
});

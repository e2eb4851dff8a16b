import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, readdir, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { withDuckDb } from "@lakefleet/lib/dataset/duckdb.ts";
import { sqlLiteral } from "@lakefleet/lib/dataset/sql-quote.ts";
import { DomainError } from "@lakefleet/lib/errors/domain-error.ts";
import { extractFolder } from "@lakefleet/lib/extract/extract-folder.ts";
import { describe, expect, test } from "vitest";
import { extractBytes, inTemporaryFolder, readBack, refusalOf } from "./extract-bytes.ts";
import { notRun, sharedData } from "./shared-data.ts";
import { tinyPdf } from "./tiny-pdf.ts";

const pdfs = sharedData("pdf");

(pdfs === undefined ? notRun : describe)("public PDFs", () => {
  const content = (file: string) => readFileSync(path.join(pdfs!, file));

  test.each([
    ["tracemonkey.pdf", 14, "Trace-based Just-in-Time Type Specialization"],
    ["basicapi.pdf", 3, "Paragraph 1.1"],
    ["TAMReview.pdf", 23, "Technology Acceptance Model"],
    ["helloworld-bad.pdf", 1, "Hello, world!"],
  ])("%s becomes its text", async (file, pages, words) => {
    const { rows } = await extractBytes(file, content(file));
    expect(rows[0]).toMatchObject({ path: file, type: "pdf", page_count: String(pages) });
    expect(rows[0]!.content).toContain(words);
  });

  test.each([
    "GHOSTSCRIPT-698804-1-fuzzed.pdf",
    "poppler-395-0-fuzzed.pdf",
    "poppler-742-0-fuzzed.pdf",
    "poppler-85140-0.pdf",
  ])("%s is refused by name", async (file) => {
    expect((await refusalOf(file, content(file))).type).toMatch(/^pdf-(broken|no-text|pages)$/);
  });
});

describe("PDF", () => {
  test("text is read", async () => {
    const { rows } = await extractBytes("x.pdf", tinyPdf("Good morning"));
    expect(rows[0]).toMatchObject({ content: "Good morning", page_count: "1", name: "x.pdf" });
  });

  test("pages without text are refused, and the remedy speaks of OCR", async () => {
    const error = await refusalOf("x.pdf", tinyPdf(""));
    expect(error.type).toBe("pdf-no-text");
    expect(error.remedy).toContain("OCR");
  });

  test.each([
    ["nothing", ""],
    ["a promise", "%PDF-1.7\n"],
    ["another format", "This is no PDF."],
    ["zero bytes", Buffer.alloc(5000)],
  ])("%s under the name of a PDF is refused", async (_, content) => {
    expect((await refusalOf("x.pdf", content)).type).toBe("pdf-broken");
  });
});

describe("text, Markdown and HTML", () => {
  test("encodings are told apart", async () => {
    for (const content of [
      Buffer.from("Zoë"),
      Buffer.from("Zoë", "latin1"),
      Buffer.from("\ufeffZoë", "utf16le"),
    ]) {
      expect((await extractBytes("x.txt", content)).rows[0]).toMatchObject({ content: "Zoë", type: "text" });
    }
  });

  test("an HTML page names its own encoding", async () => {
    const page = Buffer.concat([
      Buffer.from('<meta charset="shift_jis"><p>'),
      Buffer.from([0x93, 0xfa, 0x96, 0x7b]),
    ]);
    expect((await extractBytes("x.html", page)).rows[0]).toMatchObject({ content: "日本" });
  });

  test("a page becomes its readable text and its title", async () => {
    const page =
      "<html><head><title>A &amp; B</title><style>p{}</style><script>1</script></head><body><h1>Head</h1><p>One <a href=x>two</a></p></body></html>";
    const { rows } = await extractBytes("x.html", page);
    expect(rows[0]).toMatchObject({ title: "A & B", type: "html" });
    expect(rows[0]!.content?.split(/\s+/)).toEqual(["Head", "One", "two"]);
  });

  test("a Markdown heading is the title", async () => {
    expect((await extractBytes("x.md", "Intro\n\n## The *point* ##\n")).rows[0]).toMatchObject({
      title: "The *point*",
    });
  });

  test.each([
    ["x.txt", "", "text-empty"],
    ["x.md", " \n", "text-empty"],
    ["x.html", "<html><body></body></html>", "html-no-text"],
    ["x.txt", Buffer.from("7f454c4602010100000000000000000003003e0001000000", "hex"), "upload-format"],
    ["x.bin", Buffer.from("00010203040506070809", "hex"), "upload-format"],
    ["x.txt", `${"some text ".repeat(900)}\u0000`, "text-binary"],
  ])("%s, case %#, is refused", async (name, content, type) => {
    expect(await refusalOf(name, content)).toMatchObject({ type });
  });

  test("an HTML file of a million nested elements is read or refused, and nothing breaks", async () => {
    const page = `${"<div>".repeat(1_000_000)}deep`;
    const outcome = await extractBytes("x.html", page).catch((error: unknown) => error);
    if (outcome instanceof Error) {
      expect(outcome).toBeInstanceOf(DomainError);
      expect(outcome).toMatchObject({ kind: "invalid", type: expect.stringMatching(/^html-/) });
    } else expect(outcome).toMatchObject({ rows: [{ content: "deep" }] });
  });
});

describe("Parquet", () => {
  const parquetOf = (sql: string) =>
    inTemporaryFolder(async (folder) => {
      const file = path.join(folder, "x.parquet");
      await withDuckDb({ memoryMib: 200, threads: 1 }, (connection) =>
        connection.run(`COPY (${sql}) TO ${sqlLiteral(file)} (FORMAT parquet)`),
      );
      return readFileSync(file);
    });

  test("columns are mapped and nested ones become JSON", async () => {
    const content = await parquetOf(
      "SELECT 1::SMALLINT i, 1.5::FLOAT f, 2.50::DECIMAL(9,2) d, {'a': [1, NULL]} s, [1, 2] l, MAP {'k': 1} m, NULL::STRUCT(a INT) n, 'x' AS \"A\", 1::UBIGINT u, '2024-01-01 00:00:00'::TIMESTAMP_NS t, DATE '2024-01-01' AS \"_row_id\"",
    );
    const { rows, types } = await extractBytes("x.parquet", content);
    expect(types).toEqual({
      i: "bigint",
      f: "double",
      d: "decimal",
      s: "json",
      l: "json",
      m: "json",
      n: "json",
      A: "varchar",
      u: "decimal",
      t: "timestamp",
      _row_id_2: "date",
    });
    expect(rows[0]).toMatchObject({
      i: "1",
      d: "2.50",
      s: '{"a":[1,null]}',
      l: "[1,2]",
      m: '{"k":1}',
      n: null,
    });
  });

  test("a file that is cut, changed or none at all is refused", async () => {
    const good = await parquetOf("SELECT range i, 'text ' || range AS t FROM range(5000)");
    const flipped = Buffer.from(good);
    flipped.fill(0xff, good.length - 200, good.length - 20);
    const long = Buffer.from(good);
    long.writeUInt32LE(0xffff_fff0, good.length - 8);
    for (const content of [
      Buffer.from("PAR1"),
      good.subarray(0, good.length / 2),
      flipped,
      long,
      Buffer.from("none"),
    ]) {
      expect((await refusalOf("x.parquet", content)).type).toBe("parquet-broken");
    }
  });
});

describe("folders", () => {
  const extract = async (folder: string, onError: "refuse" | "skip") => {
    const scratch = await mkdtemp(path.join(path.dirname(folder), "scratch-"));
    const options = { path: folder, name: "docs", scratch, onError, memoryMib: 200 };
    return extractFolder(options).catch(async (error: unknown) => {
      expect(await readdir(scratch)).toEqual([]);
      throw error;
    });
  };
  const inDocuments = (task: (docs: string) => Promise<void>) =>
    inTemporaryFolder(async (folder) => {
      const docs = path.join(folder, "docs");
      await mkdir(path.join(docs, "b", ".hidden"), { recursive: true });
      await writeFile(path.join(docs, "b", "two.md"), "# Two\n");
      await writeFile(path.join(docs, "a.txt"), "one");
      await writeFile(path.join(docs, "empty.txt"), "");
      await writeFile(path.join(docs, ".secret"), "hidden");
      await writeFile(path.join(docs, "b", ".hidden", "x.txt"), "hidden");
      await task(docs);
    });

  test("every document is one row under its relative path, in order", () =>
    inDocuments(async (docs) => {
      const { rows } = await readBack(await extract(docs, "refuse"));
      expect(rows.map(({ path, title, content }) => [path, title, content])).toEqual([
        ["a.txt", null, "one"],
        ["b/two.md", "Two", "# Two\n"],
        ["empty.txt", null, ""],
      ]);
    }));

  test("links, tables and broken files are refused by name or rejected", () =>
    inDocuments(async (docs) => {
      await symlink("/etc/passwd", path.join(docs, "link.txt"));
      await writeFile(path.join(docs, "broken.pdf"), "%PDF-");
      await writeFile(path.join(docs, "table.csv"), "a,b\n1,2\n");
      await writeFile(path.join(docs, "image.png"), Buffer.from("89504e470d0a1a0a00000000", "hex"));
      await expect(extract(docs, "refuse")).rejects.toMatchObject({
        type: "pdf-broken",
        place: { file: "broken.pdf" },
      });
      const { rows, rejects } = await readBack(await extract(docs, "skip"));
      expect(rows).toHaveLength(3);
      expect(rejects.map(({ file }) => file)).toEqual(["broken.pdf", "image.png", "link.txt", "table.csv"]);
      expect(rejects.every(({ reason }) => typeof reason === "string" && reason !== "")).toBe(true);
    }));

  test("a file in the place of the folder is refused", () =>
    inDocuments(async (docs) => {
      await expect(extract(path.join(docs, "a.txt"), "refuse")).rejects.toMatchObject({
        type: "extract-not-a-folder",
      });
    }));
});

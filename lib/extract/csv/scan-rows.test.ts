import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { detectLayout } from "./detect-layout.ts";
import { scanRows } from "./scan-rows.ts";

async function scan(content: string, row?: () => void) {
  const folder = await mkdtemp(path.join(os.tmpdir(), "lakefleet-scan-"));
  try {
    const file = path.join(folder, "x.csv");
    await writeFile(file, content);
    const head = Buffer.from(content.slice(0, 100_000));
    const layout = detectLayout(head, {
      complete: head.length === content.length,
      preferTab: false,
      markBytes: 0,
    })!;
    const bad: { line?: number; row?: number; byte?: number }[] = [];
    const found = await scanRows(
      { path: file, layout },
      {
        ...(row === undefined ? {} : { row }),
        bad: async ({ line, row, byte }) => void bad.push({ line: line!, row: row!, byte: byte! }),
      },
    );
    return { ...found, bad };
  } finally {
    await rm(folder, { recursive: true });
  }
}

test("lines, rows and bytes are right across windows, with line breaks of two bytes on their edges", async () => {
  // Rows of 13 bytes put the carriage return on every possible place of a window's edge.
  const good = '"a\nb",12345\r\n';
  const content = `x,y\r\n${good.repeat(250_000)}1,2,3\r\n${good.repeat(10)}`;
  const { rowCount, rejectedCount, bad } = await scan(content);
  expect([rowCount, rejectedCount]).toEqual([250_010, 1]);
  expect(bad).toEqual([{ line: 500_002, row: 250_001, byte: 5 + 13 * 250_000 }]);
});

test("after a quote that is never closed, reading goes on with the next line", async () => {
  const { rowCount, bad } = await scan(`a,b\n"open,1\n${"c,2\n".repeat(1000)}`);
  expect(rowCount).toBe(1000);
  expect(bad).toEqual([{ line: 2, row: 1, byte: 4 }]);
});

test("a line of 20 MiB is one bad row, whatever stands in it", async () => {
  const { rowCount, bad } = await scan(`a,b\nc,2\n"${"x".repeat(20 << 20)}\r\nd,3\n`);
  expect([rowCount, bad.length, bad[0]?.line]).toEqual([2, 1, 3]);
});

test("the quick way over good rows finds what looking at each row finds", async () => {
  const piece = fc.constantFrom(
    "1,2\n",
    "1,2\r\n",
    '"a""b\n",2\n',
    '"a,b",\r\n',
    "x",
    ",",
    '"',
    "\n",
    "\r",
    "1,2,3\n",
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 60 }), async (pieces) => {
      const content = `a,b\n${pieces.join("")}`;
      const looksAtEach = () => {};
      expect(await scan(content)).toEqual(await scan(content, looksAtEach));
    }),
    { numRuns: 100 },
  );
}, 60_000);

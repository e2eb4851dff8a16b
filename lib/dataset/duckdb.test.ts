import { describe, expect, test } from "vitest";
import { withDuckDb } from "./duckdb.ts";
import { sqlIdentifier, sqlLiteral } from "./sql-quote.ts";

const options = { memoryMib: 100, threads: 1, tempFolder: "/tmp/lakefleet-duckdb-test" };

describe("withDuckDb", () => {
  test("gives the task's result", async () => {
    const rows = await withDuckDb(options, async (connection) =>
      (await connection.runAndReadAll("SELECT 40 + 2")).getRowsJS(),
    );
    expect(rows).toEqual([[42]]);
  });

  test("an abort during a stream ends in cancelled, though the stream looks complete", async () => {
    const abort = new AbortController();
    const counting = withDuckDb({ ...options, signal: abort.signal }, async (connection) => {
      const result = await connection.stream("SELECT i FROM range(100_000_000_000) t(i)");
      await result.fetchChunk();
      abort.abort();
      let chunk = await result.fetchChunk();
      while (chunk !== null && chunk.rowCount > 0) chunk = await result.fetchChunk();
    });
    await expect(counting).rejects.toMatchObject({ kind: "cancelled" });
  });

  test("a query that starts after the abort is interrupted too", async () => {
    const abort = new AbortController();
    const counting = withDuckDb({ ...options, signal: abort.signal }, async (connection) => {
      abort.abort();
      await connection.run("SELECT count(*) FROM range(100_000_000_000) t(i) WHERE i % 3 = 1");
    });
    await expect(counting).rejects.toMatchObject({ kind: "cancelled" });
  });

  test("a signal aborted before the start runs nothing", async () => {
    let ran = false;
    const refused = withDuckDb({ ...options, signal: AbortSignal.abort() }, async () => {
      ran = true;
    });
    await expect(refused).rejects.toMatchObject({ kind: "cancelled" });
    expect(ran).toBe(false);
  });

  test("a full disk is exhausted and other engine errors are readable", async () => {
    const full = withDuckDb(options, (connection) =>
      connection.run("COPY (SELECT random() FROM range(300_000)) TO '/dev/full' (FORMAT parquet)"),
    );
    await expect(full).rejects.toMatchObject({ kind: "exhausted", type: "disk-full" });
    const wrong = withDuckDb(options, (connection) => connection.run("SELECT CAST('a' AS INT)"));
    await expect(wrong).rejects.toThrow(/^Conversion: Could not convert/);
  });
});

describe("sql quoting", () => {
  test("names and texts with quotes come back unchanged", async () => {
    const name = `a "b" 'c' \\ ; --`;
    const rows = await withDuckDb(options, async (connection) =>
      (
        await connection.runAndReadAll(`SELECT ${sqlLiteral(name)} AS ${sqlIdentifier(name)}`)
      ).getRowObjectsJS(),
    );
    expect(rows).toEqual([{ [name]: name }]);
  });
});

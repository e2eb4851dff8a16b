import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { notRun, sharedData } from "../bad-input/shared-data.ts";
import { type DatabaseServer, startDatabase } from "../support/database-server.ts";
import { readRelation } from "../support/read-extraction.ts";

type Row = Record<string, string | number | null>;

const chinook = sharedData("chinook");

let postgres: DatabaseServer;
let mysql: DatabaseServer;
beforeAll(async () => {
  [postgres, mysql] = await Promise.all([startDatabase("postgres"), startDatabase("mysql")]);
});
afterAll(() => Promise.all([postgres?.stop(), mysql?.stop()]));

/** `InvoiceLineId` and `invoice_line_id` are one name. */
const fold = (name: string) => name.replaceAll("_", "").toLowerCase();

/** A value as all three sources can be compared: numbers by what they are worth, times to the second. */
function plain(value: string | number | null): string | null {
  if (value === null) return null;
  const text = String(value);
  if (/^-?\d+(\.\d+)?$/.test(text)) return String(Number(text));
  // PostgreSQL takes the script's N'…' for the type char and drops their last spaces on the way into the table.
  return text.trimEnd().replace(/^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)$/, "$1 $2");
}

/** Rows without regard to their order and the spelling of their columns. */
function canonical(rows: Row[]): string[] {
  return rows
    .map((row) =>
      JSON.stringify(
        Object.entries(row)
          .map(([name, value]) => [fold(name), plain(value)])
          .sort(([left], [right]) => (left! < right! ? -1 : 1)),
      ),
    )
    .sort();
}

async function tablesOf(server: DatabaseServer, database: string): Promise<Map<string, string[]>> {
  const schema = server.engine === "postgres" ? "public" : "Chinook";
  const names = await server.rows(
    database,
    `SELECT table_name FROM information_schema.tables WHERE table_schema = '${schema}'`,
  );
  const tables = new Map<string, string[]>();
  for (const [name] of names) {
    const { rows, extraction } = await readRelation(server, database, { from: { table: name! } });
    const columns = extraction.columns.map((column) => column.name);
    tables.set(
      fold(name!),
      canonical(rows.map((row) => Object.fromEntries(row.map((value, at) => [columns[at]!, value])))),
    );
  }
  return tables;
}

describe("PostgreSQL", () => {
  test("names that need quotes, a projection, an order and a limit are as they are asked for", async () => {
    await postgres.run(
      "postgres",
      `CREATE SCHEMA "odd.Schema"; CREATE TABLE "odd.Schema"."sel""ect" ("Id" int, "or der" int, x text);
      INSERT INTO "odd.Schema"."sel""ect" SELECT i, 10 - i, 'x' FROM generate_series(1, 9) i`,
    );
    const from = { table: '"odd.Schema"."sel""ect"' };
    const { types, rows } = await readRelation(postgres, "postgres", {
      from,
      columns: ["or der", "id"],
      orderBy: ["Id desc"],
      limit: 2,
    });
    expect(types).toEqual({ "or der": "bigint", Id: "bigint" });
    expect(rows).toEqual([
      ["1", "9"],
      ["2", "8"],
    ]);
  });

  test("a query may give one name to two columns, and end in a comment", async () => {
    const query = "SELECT 1 AS a, 'x'::text AS a, now() > 'epoch' AS later; -- the end";
    await expect(readRelation(postgres, "postgres", { from: { query } })).rejects.toMatchObject({
      type: "database-query",
    });
    const { types, rows } = await readRelation(postgres, "postgres", {
      from: { query: query.replace(";", "") },
    });
    expect(types).toEqual({ a: "bigint", a_2: "varchar", later: "boolean" });
    expect(rows).toEqual([["1", "x", "true"]]);
  });

  test("rows of more than a chunk and texts of megabytes arrive whole", async () => {
    const query =
      "SELECT i, repeat(md5(i::text), CASE WHEN i % 2000 = 0 THEN 100000 ELSE 1 END) AS t FROM generate_series(1, 5000) i";
    const { rows } = await readRelation(postgres, "postgres", { from: { query } }, { batchSize: 100 });
    expect(rows).toHaveLength(5_000);
    const [expected] = await postgres.rows(
      "postgres",
      `SELECT md5(string_agg(t, ',' ORDER BY i)) FROM (${query}) AS q`,
    );
    const joined = rows
      .sort((left, right) => Number(left[0]) - Number(right[0]))
      .map(([, text]) => text)
      .join(",");
    expect(createHash("md5").update(joined).digest("hex")).toBe(expected![0]);
  });
});

describe("MariaDB", () => {
  test("names that need quotes, a projection, an order and a limit are as they are asked for", async () => {
    await mysql.run(
      "test",
      "CREATE TABLE `sel``ect` (`Id` int, `or der` int); INSERT INTO `sel``ect` VALUES (1, 9), (2, 8), (3, 7)",
    );
    const { types, rows } = await readRelation(mysql, "test", {
      from: { table: "test.`sel``ect`" },
      columns: ["or der", "id"],
      orderBy: ["id desc"],
      limit: 2,
    });
    expect(types).toEqual({ "or der": "bigint", Id: "bigint" });
    expect(rows).toEqual([
      ["7", "3"],
      ["8", "2"],
    ]);
  });

  test("rows of more than a chunk and texts of megabytes arrive whole", async () => {
    await mysql.run(
      "test",
      `CREATE TABLE long_rows (i int, t longtext);
      INSERT INTO long_rows SELECT seq, repeat(md5(seq), IF(seq % 2000 = 0, 100000, 1)) FROM seq_1_to_5000`,
    );
    const { rows } = await readRelation(mysql, "test", { from: { table: "long_rows" } });
    const texts = await mysql.rows("test", "SELECT md5(t) FROM long_rows ORDER BY i");
    const sorted = rows.sort((left, right) => Number(left[0]) - Number(right[0]));
    expect(sorted.map(([, text]) => createHash("md5").update(text!).digest("hex"))).toEqual(
      texts.map(([sum]) => sum),
    );
  });
});

(chinook === undefined ? notRun : test)(
  "Chinook gives the same rows from PostgreSQL, from MariaDB and from its JSON, for every table",
  async () => {
    const fileOf = (name: string) => readFile(path.join(chinook!, name), "utf8");
    const script = await fileOf("Chinook_PostgreSql.sql");
    await postgres.run("postgres", "CREATE DATABASE chinook");
    // What comes before is for the server's own client.
    await postgres.run("chinook", script.slice(script.indexOf("\\c chinook;") + "\\c chinook;".length));
    // Its texts have plain backslashes, as the two others have, which the server would otherwise take for escapes.
    const literally = "SET sql_mode = 'NO_BACKSLASH_ESCAPES';";
    await mysql.run("", literally + (await fileOf("Chinook_MySql.sql")));

    const json: Record<string, Row[]> = JSON.parse(await fileOf("ChinookData.json"));
    const expected = new Map(Object.entries(json).map(([name, rows]) => [fold(name), rows]));
    const fromPostgres = await tablesOf(postgres, "chinook");
    const fromMysql = await tablesOf(mysql, "Chinook");
    expect([...fromPostgres.keys()].sort()).toEqual([...expected.keys()].sort());
    expect([...fromMysql.keys()].sort()).toEqual([...expected.keys()].sort());
    for (const [name, rows] of expected) {
      const columns = new Set(rows.flatMap((row) => Object.keys(row)));
      // What is NULL in the databases is an empty text in the JSON, or left out.
      const whole = rows.map((row) =>
        Object.fromEntries(
          [...columns].map((column) => [column, row[column] === "" ? null : (row[column] ?? null)]),
        ),
      );
      expect(fromPostgres.get(name), name).toEqual(canonical(whole));
      expect(fromMysql.get(name), name).toEqual(canonical(whole));
    }
  },
);

import { readFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { notRun, sharedData } from "../bad-input/shared-data.ts";
import { type DatabaseServer, startDatabase } from "../support/database-server.ts";
import { readRelation } from "../support/read-extraction.ts";

type Row = Record<string, string | number | null>;

const folder = sharedData("chinook");
const whereThere = folder === undefined ? notRun : describe;

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

whereThere("Chinook", () => {
  const servers: DatabaseServer[] = [];
  beforeAll(async () => {
    servers.push(await startDatabase("postgres"), await startDatabase("mysql"));
    const [postgres, mysql] = servers;
    const script = await readFile(path.join(folder!, "Chinook_PostgreSql.sql"), "utf8");
    await postgres!.run("postgres", "CREATE DATABASE chinook");
    // What comes before is for the server's own client.
    await postgres!.run("chinook", script.slice(script.indexOf("\\c chinook;") + "\\c chinook;".length));
    // Its texts have plain backslashes, as the two others have, which the server would otherwise take for escapes.
    const literally = "SET sql_mode = 'NO_BACKSLASH_ESCAPES';";
    await mysql!.run("", literally + (await readFile(path.join(folder!, "Chinook_MySql.sql"), "utf8")));
  });
  afterAll(() => Promise.all(servers.map((server) => server.stop())));

  test("gives the same rows from PostgreSQL, from MySQL and from its JSON, for every table", async () => {
    const json: Record<string, Row[]> = JSON.parse(
      await readFile(path.join(folder!, "ChinookData.json"), "utf8"),
    );
    const expected = new Map(Object.entries(json).map(([name, rows]) => [fold(name), rows]));
    const fromPostgres = await tablesOf(servers[0]!, "chinook");
    const fromMysql = await tablesOf(servers[1]!, "Chinook");
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
  });
});

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type DatabaseServer, startDatabase } from "../support/database-server.ts";
import { readRelation } from "../support/read-extraction.ts";

/** One value of one type: how the server is given it, and what the dataset must hold. */
type Case = [declared: string, literal: string, type: string, value: string | null];

const columnsOf = (cases: readonly Case[]) => cases.map(([declared], at) => `c${at} ${declared}`).join(", ");
const literalsOf = (cases: readonly Case[]) => cases.map(([, literal]) => literal).join(", ");

async function readCases(server: DatabaseServer, database: string, cases: readonly Case[]) {
  await server.run(
    database,
    `DROP TABLE IF EXISTS one; CREATE TABLE one (${columnsOf(cases)});
     INSERT INTO one VALUES (${literalsOf(cases)}); INSERT INTO one VALUES (${cases.map(() => "NULL").join(", ")})`,
  );
  return readRelation(server, database, { from: { table: "one" } });
}

function expectCases({ types, rows }: Awaited<ReturnType<typeof readCases>>, cases: readonly Case[]): void {
  const found = cases.map(([declared, literal], at) => [declared, literal, types[`c${at}`], rows[0]![at]]);
  expect(found).toEqual(cases);
  expect(rows[1]).toEqual(cases.map(() => null));
}

describe("PostgreSQL", () => {
  let server: DatabaseServer;
  beforeAll(async () => {
    server = await startDatabase("postgres");
  });
  afterAll(() => server.stop());

  test("every type arrives without loss", async () => {
    await server.run(
      "postgres",
      "CREATE TYPE mood AS ENUM ('sad', 'fine'); CREATE DOMAIN price AS numeric(12,3); CREATE TYPE pair AS (a int, b text)",
    );
    const cases: Case[] = [
      ["int2", "-32768", "bigint", "-32768"],
      ["int4", "2147483647", "bigint", "2147483647"],
      ["int8", "9007199254740993", "bigint", "9007199254740993"],
      ["int8", "-9223372036854775808", "bigint", "-9223372036854775808"],
      ["bool", "true", "boolean", "true"],
      ["float4", "1.5", "double", "1.5"],
      ["float8", "1.7976931348623157e308", "double", "1.7976931348623157e+308"],
      ["float8", "'NaN'", "double", "nan"],
      ["float8", "'-Infinity'", "double", "-inf"],
      ["numeric(10,2)", "-0.05", "DECIMAL(10,2)", "-0.05"],
      ["numeric(10,2)", "12345678.90", "DECIMAL(10,2)", "12345678.90"],
      ["numeric(18,0)", "999999999999999999", "DECIMAL(18,0)", "999999999999999999"],
      [
        "numeric(38,10)",
        "-1234567890123456789012345678.0123456789",
        "DECIMAL(38,10)",
        "-1234567890123456789012345678.0123456789",
      ],
      [
        "numeric(50,4)",
        "12345678901234567890123456789012345678901234.5678",
        "varchar",
        "12345678901234567890123456789012345678901234.5678",
      ],
      ["numeric", "1.50", "varchar", "1.50"],
      ["numeric(5,-2)", "1234567", "DECIMAL(7,0)", "1234600"],
      ["price", "1.234", "DECIMAL(12,3)", "1.234"],
      ["date", "'0044-03-15 BC'", "date", "0044-03-15 (BC)"],
      ["date", "'2024-02-29'", "date", "2024-02-29"],
      ["date", "'infinity'", "date", "infinity"],
      ["time", "'23:59:59.999999'", "time", "23:59:59.999999"],
      ["timetz", "'12:00:00+02'", "varchar", "12:00:00+02"],
      ["timestamp", "'1999-12-31 23:59:59.999999'", "timestamp", "1999-12-31 23:59:59.999999"],
      ["timestamp", "'0001-01-01 00:00:00'", "timestamp", "0001-01-01 00:00:00"],
      ["timestamp", "'infinity'", "timestamp", "infinity"],
      ["timestamp", "'-infinity'", "timestamp", "-infinity"],
      ["timestamptz", "'2024-07-01 12:00:00+02'", "timestamptz", "2024-07-01 10:00:00+00"],
      ["interval", "'1 year 2 days 03:04:05.5'", "varchar", "P1Y2DT3H4M5.5S"],
      ["uuid", "'0b5c1ce4-8a7d-4f0e-9f5b-0a1b2c3d4e5f'", "uuid", "0b5c1ce4-8a7d-4f0e-9f5b-0a1b2c3d4e5f"],
      ["uuid", "'ffffffff-ffff-ffff-ffff-ffffffffffff'", "uuid", "ffffffff-ffff-ffff-ffff-ffffffffffff"],
      ["bytea", "'\\x00ff10'", "blob", "00FF10"],
      ["text", "'ünï ✓ \"q\", \n\t'", "varchar", 'ünï ✓ "q", \n\t'],
      ["text", "''", "varchar", ""],
      ["char(4)", "'ab'", "varchar", "ab  "],
      ["varchar(9)", "'a, long9'", "varchar", "a, long9"],
      ["json", "'{\"a\": 1.10}'", "json", '{"a": 1.10}'],
      ["jsonb", "'{\"b\":[1,2]}'", "json", '{"b": [1, 2]}'],
      ["int4[]", "'{1,NULL,3}'", "json", "[1,null,3]"],
      ["text[]", "'{{a,b},{c,d}}'", "json", '[["a","b"],["c","d"]]'],
      ["pair", "ROW(1, 'x')", "json", '{"a":1,"b":"x"}'],
      ["mood", "'fine'", "varchar", "fine"],
      ["bit(5)", "B'10110'", "varchar", "10110"],
      ["inet", "'192.168.0.1/24'", "varchar", "192.168.0.1/24"],
      ["cidr", "'10.0.0.0/8'", "varchar", "10.0.0.0/8"],
      ["macaddr", "'08:00:2b:01:02:03'", "varchar", "08:00:2b:01:02:03"],
      ["int4range", "'[1,5)'", "varchar", "[1,5)"],
      ["money", "'12.34'", "varchar", "12.34"],
      ["point", "'(1,2)'", "varchar", "(1,2)"],
    ];
    expectCases(await readCases(server, "postgres", cases), cases);
  });

  test("a table without rows has its columns all the same", async () => {
    const { types, rows } = await readRelation(server, "postgres", {
      from: { query: "SELECT 1 AS a WHERE false" },
    });
    expect([types, rows]).toEqual([{ a: "bigint" }, []]);
  });

  test("a row that is too long for the memory is refused, and not tried again", async () => {
    const from = { query: "SELECT repeat('x', 70000000) AS a" };
    await expect(readRelation(server, "postgres", { from })).rejects.toMatchObject({
      kind: "too-large",
      type: "database-row-size",
    });
  });

  test("thousands of random numbers and times are what the server itself writes", async () => {
    const sizes = ["15,2", "15,15", "12,0", "18,9", "38,20"];
    const numbers = sizes.map((size, at) => {
      const [precision, scale] = size.split(",").map(Number);
      return `((random() - 0.5) * 10 ^ (${precision! - scale!} * random()))::numeric(${size}) AS n${at}`;
    });
    await server.run(
      "postgres",
      `CREATE TABLE random_values AS SELECT ${numbers.join(", ")},
      ((random() - 0.5) * 1.8e19)::numeric::int8 AS i, timestamp '2000-01-01' + (random() - 0.5) * interval '3000 years' AS t,
      date '2000-01-01' + ((random() - 0.5) * 700000)::int AS d FROM generate_series(1, 3000)`,
    );
    const columns = [...sizes.map((_, at) => `n${at}`), "i", "t", "d"];
    const query = `SELECT ${columns.flatMap((name) => [name, `${name}::text AS ${name}_text`]).join(", ")} FROM random_values`;
    const { rows } = await readRelation(server, "postgres", { from: { query } });
    expect(rows).toHaveLength(3_000);
    for (const row of rows) {
      for (let at = 0; at < row.length; at += 2) {
        // The engine writes no 0 before the point where the type has no place for one.
        const text = row[at]?.replace("(BC)", "BC").replace(/^(-?)\./, "$10.");
        expect(text).toBe(row[at + 1]);
      }
    }
  });

  test("a numeric that is no number makes its column text, and no other one", async () => {
    await server.run(
      "postgres",
      "CREATE TABLE odd (a numeric(6,2), b numeric(6,2)); INSERT INTO odd VALUES (1.50, 2.25), ('NaN', 3)",
    );
    const { types, rows } = await readRelation(server, "postgres", {
      from: { table: "odd" },
      orderBy: ["b"],
    });
    expect(types).toEqual({ a: "varchar", b: "DECIMAL(6,2)" });
    expect(rows).toEqual([
      ["1.50", "2.25"],
      ["NaN", "3.00"],
    ]);
  });

  test("a point in time past what the engine can hold makes its column text", async () => {
    await server.run(
      "postgres",
      "CREATE TABLE late (at timestamp); INSERT INTO late VALUES ('294270-01-01'), ('2020-01-01')",
    );
    const { types, rows } = await readRelation(server, "postgres", { from: { table: "late" } });
    expect(types).toEqual({ at: "varchar" });
    expect(rows).toEqual([["294270-01-01 00:00:00"], ["2020-01-01 00:00:00"]]);
  });
});

describe("MariaDB", () => {
  let server: DatabaseServer;
  beforeAll(async () => {
    server = await startDatabase("mysql");
  });
  afterAll(() => server.stop());

  test("every type arrives without loss", async () => {
    const cases: Case[] = [
      ["tinyint", "-128", "bigint", "-128"],
      ["tinyint(1)", "1", "boolean", "true"],
      ["smallint unsigned", "65535", "bigint", "65535"],
      ["mediumint", "-8388608", "bigint", "-8388608"],
      ["int unsigned", "4294967295", "bigint", "4294967295"],
      ["bigint", "9007199254740993", "bigint", "9007199254740993"],
      ["bigint", "-9223372036854775808", "bigint", "-9223372036854775808"],
      ["bigint unsigned", "18446744073709551615", "DECIMAL(20,0)", "18446744073709551615"],
      ["float", "16777215", "double", "16777215.0"],
      ["double", "1.7976931348623157e308", "double", "1.7976931348623157e+308"],
      ["double", "0.1", "double", "0.1"],
      ["decimal(10,2)", "-0.05", "DECIMAL(10,2)", "-0.05"],
      ["decimal(18,0)", "999999999999999999", "DECIMAL(18,0)", "999999999999999999"],
      [
        "decimal(38,10)",
        "-1234567890123456789012345678.0123456789",
        "DECIMAL(38,10)",
        "-1234567890123456789012345678.0123456789",
      ],
      ["decimal(38,10)", "0.5", "DECIMAL(38,10)", "0.5000000000"],
      [
        "decimal(60,4)",
        "12345678901234567890123456789012345678901234.5678",
        "varchar",
        "12345678901234567890123456789012345678901234.5678",
      ],
      ["decimal(6,2) unsigned", "1234.50", "DECIMAL(6,2)", "1234.50"],
      ["date", "'2024-02-29'", "date", "2024-02-29"],
      ["date", "'1000-01-01'", "date", "1000-01-01"],
      ["datetime", "'9999-12-31 23:59:59'", "timestamp", "9999-12-31 23:59:59"],
      ["datetime(6)", "'1969-12-31 23:59:59.000001'", "timestamp", "1969-12-31 23:59:59.000001"],
      ["datetime(3)", "'1000-01-01 00:00:00.120'", "timestamp", "1000-01-01 00:00:00.12"],
      ["timestamp(6) null", "'2024-07-01 10:00:00.5'", "timestamptz", "2024-07-01 10:00:00.5+00"],
      ["time(3)", "'-838:59:59.123'", "varchar", "-838:59:59.123"],
      ["year", "2024", "bigint", "2024"],
      ["char(4)", "'ab'", "varchar", "ab"],
      ["varchar(30) character set latin1", "'ünï'", "varchar", "ünï"],
      ["text", "'ünï ✓ 😀 \"q\", \\n\\t\\0'", "varchar", 'ünï ✓ 😀 "q", \n\t\0'],
      ["text", "''", "varchar", ""],
      ["blob", "x'00ff10'", "blob", "00FF10"],
      ["varbinary(9)", "x'fe'", "blob", "FE"],
      ["binary(3)", "x'01'", "blob", "010000"],
      ["bit(1)", "b'1'", "boolean", "true"],
      ["bit(9)", "b'101010101'", "bigint", "341"],
      ["bit(64)", "0xffffffffffffffff", "DECIMAL(20,0)", "18446744073709551615"],
      ["enum('sad','fine')", "'fine'", "varchar", "fine"],
      ["set('a','b','c')", "'a,c'", "varchar", "a,c"],
      ["json", "'{\"a\": 1.10}'", "json", '{"a": 1.10}'],
      ["uuid", "'0b5c1ce4-8a7d-4f0e-9f5b-0a1b2c3d4e5f'", "varchar", "0b5c1ce4-8a7d-4f0e-9f5b-0a1b2c3d4e5f"],
      ["inet6", "'2001:db8::1'", "varchar", "2001:db8::1"],
    ];
    await server.run("test", "SET GLOBAL time_zone = '+00:00'");
    expectCases(await readCases(server, "test", cases), cases);
  });

  test("thousands of random numbers and times are what the server itself writes", async () => {
    const query = `SELECT d15, CAST(d15 AS char) AS d15_text, d38, CAST(d38 AS char) AS d38_text, i, CAST(i AS char) AS i_text,
      t, CAST(t AS char) AS t_text FROM random_values`;
    await server.run(
      "test",
      `CREATE TABLE random_values AS SELECT CAST((rand() - 0.5) * pow(10, 13 * rand()) AS decimal(15,2)) AS d15,
      CAST((rand() - 0.5) * pow(10, 18 * rand()) AS decimal(38,20)) AS d38, CAST((rand() - 0.5) * 1.8e19 AS signed) AS i,
      timestamp('2000-01-01') + interval (rand() - 0.5) * 5e10 second + interval rand() * 1e6 microsecond AS t FROM seq_1_to_3000`,
    );
    const { rows } = await readRelation(server, "test", { from: { query } });
    expect(rows).toHaveLength(3_000);
    for (const row of rows) {
      for (let at = 0; at < 6; at += 2) expect(row[at]).toBe(row[at + 1]);
      expect(row[6]).toBe(row[7]?.replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, ""));
    }
  });

  test("a tinyint(1) that holds other numbers stays a number", async () => {
    await server.run(
      "test",
      "CREATE TABLE flags (id int, a tinyint(1), b tinyint(1)); INSERT INTO flags VALUES (1, 1, 0), (2, 5, 1)",
    );
    const { types, rows } = await readRelation(server, "test", { from: { table: "flags" }, orderBy: ["id"] });
    expect(types).toEqual({ id: "bigint", a: "bigint", b: "boolean" });
    expect(rows).toEqual([
      ["1", "1", "false"],
      ["2", "5", "true"],
    ]);
  });

  test("dates that no calendar has become NULL and are counted", async () => {
    await server.run(
      "test",
      `SET sql_mode = ''; CREATE TABLE zero (id int, d date, t datetime);
      INSERT INTO zero VALUES (1, '0000-00-00', '2024-01-01'), (2, '2024-05-00', '0000-00-00'), (3, '2024-05-06', NULL)`,
    );
    const { rows, extraction } = await readRelation(server, "test", {
      from: { table: "zero" },
      orderBy: ["id"],
    });
    expect(rows).toEqual([
      ["1", null, "2024-01-01 00:00:00"],
      ["2", null, null],
      ["3", "2024-05-06", null],
    ]);
    expect(extraction.notes).toEqual([
      { column: "d", reason: "zero-date", count: 2 },
      { column: "t", reason: "zero-date", count: 1 },
    ]);
  });
});

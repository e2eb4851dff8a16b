import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { z } from "zod";
import { type DatabaseServer, startDatabase } from "../test/support/database-server.ts";
import { describeLoad, printHeading, printTable } from "./support/print-report.ts";

/**
 * Reading a table from each server, beside that server's own client dumping it to CSV, one after the other:
 * `node bench/connectors.ts [--rows 1000000] [--rounds 3] [--memory 80]`
 */
const { values } = parseArgs({
  options: {
    rows: { type: "string", default: "1000000" },
    rounds: { type: "string", default: "3" },
    memory: { type: "string", default: "80" },
  },
});
const rowCount = Number(values.rows);
const reader = fileURLToPath(new URL("support/read-database.ts", import.meta.url));
const Measured = z.object({ readMs: z.number(), wholeMs: z.number(), peakMib: z.number(), rows: z.number() });

const sources = {
  postgres: {
    database: "postgres",
    table: `CREATE TABLE orders (id int8 PRIMARY KEY, customer text NOT NULL, price numeric(10,2), created timestamp,
      active bool, score float8, note text);
      INSERT INTO orders SELECT i, 'customer ' || i % 50000, i * 37 % 1000000 / 100.0,
      timestamp '2020-01-01' + i * interval '61 seconds', i % 3 = 0, sqrt(i),
      CASE WHEN i % 10 <> 0 THEN 'note number ' || i || ', with a comma and some more words' END
      FROM generate_series(1, ${rowCount}) i; VACUUM ANALYZE orders`,
    client: (server: DatabaseServer, file: string) => [
      "psql",
      [server.dsn("postgres"), "-q", "-c", `\\copy orders TO '${file}' CSV`],
    ],
  },
  mysql: {
    database: "test",
    table: `CREATE TABLE orders (id bigint PRIMARY KEY, customer varchar(100) NOT NULL, price decimal(10,2),
      created datetime, active tinyint(1), score double, note varchar(200)) CHARACTER SET utf8mb4;
      INSERT INTO orders SELECT seq, concat('customer ', seq % 50000), seq * 37 % 1000000 / 100,
      timestamp('2020-01-01') + interval seq * 61 second, seq % 3 = 0, sqrt(seq),
      IF(seq % 10 <> 0, concat('note number ', seq, ', with a comma and some more words'), NULL)
      FROM seq_1_to_${rowCount}`,
    client: (server: DatabaseServer, file: string) => [
      "sh",
      [
        "-c",
        `mariadb --no-defaults --quick --batch -h127.0.0.1 -P${server.port} -utester -p"$1" test -e 'SELECT * FROM orders' > '${file}'`,
        "sh",
        new URL(server.dsn("test")).password,
      ],
    ],
  },
} as const;

printHeading(`Reading ${rowCount} rows of a database`);
const folder = mkdtempSync(path.join(os.tmpdir(), "lakefleet-bench-connectors-"));
const rows: string[][] = [];
for (const engine of ["postgres", "mysql"] as const) {
  const source = sources[engine];
  const server = await startDatabase(engine);
  try {
    for (const statement of source.table.split(";")) await server.run(source.database, statement);
    for (let round = 1; round <= Number(values.rounds); round += 1) {
      const dump = path.join(folder, `${engine}.csv`);
      const [program, parameters] = source.client(server, dump);
      const dumpMs = run(program as string, parameters as string[]).ms;
      const dumpMb = statSync(dump).size / 1e6;
      const child = run(process.execPath, [
        reader,
        engine,
        server.dsn(source.database),
        "orders",
        values.memory,
      ]);
      const read = Measured.parse(JSON.parse(child.output));
      if (read.rows !== rowCount) throw new Error(`${read.rows} rows were read of ${rowCount}`);
      rows.push([
        engine,
        String(round),
        dumpMs.toFixed(0),
        dumpMb.toFixed(0),
        read.readMs.toFixed(0),
        read.wholeMs.toFixed(0),
        (read.wholeMs / dumpMs).toFixed(2),
        read.peakMib.toFixed(0),
      ]);
    }
  } finally {
    await server.stop();
  }
}
rmSync(folder, { recursive: true, force: true });
printTable(
  ["server", "round", "client's dump ms", "MB", "read ms", "committed ms", "of the dump", "peak MiB"],
  rows,
);
console.log(`\n${describeLoad("at the end")}`);

function run(program: string, parameters: readonly string[]): { ms: number; output: string } {
  const startedAt = performance.now();
  const { status, stdout, stderr } = spawnSync(program, parameters, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} failed: ${stderr}`);
  return { ms: performance.now() - startedAt, output: stdout };
}

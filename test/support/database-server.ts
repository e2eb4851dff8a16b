import { rm } from "node:fs/promises";
import path from "node:path";
import type { Engine } from "@lakefleet/lib/connectors/dsn.ts";
import mysql from "mysql2/promise";
import pg from "pg";
import { findProgram, freePort, runAsServer, serverFolder, serverProcess } from "./server-process.ts";

/** A private server of its own data, on a free port of this machine. */
export interface DatabaseServer {
  engine: Engine;
  port: number;
  dsn(database: string, port?: number): string;
  /** Runs statements, several at once where the text has them. */
  run(database: string, sql: string): Promise<void>;
  /** The rows of one statement, each an array of texts. */
  rows(database: string, sql: string): Promise<(string | null)[][]>;
  kill(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

const password = "s3cret-Pass";

export function startDatabase(engine: Engine): Promise<DatabaseServer> {
  return engine === "postgres" ? startPostgres() : startMariaDb();
}

async function startPostgres(): Promise<DatabaseServer> {
  const folder = serverFolder("postgres");
  const port = await freePort();
  const data = path.join(folder, "data");
  const initdb = findProgram(["initdb"], "postgresql");
  runAsServer(
    initdb,
    ["-D", data, "-U", "tester", "-E", "UTF8", "--locale=C", "--auth=trust", "--no-sync"],
    folder,
  );
  const settings = {
    listen_addresses: "127.0.0.1",
    fsync: "off",
    max_connections: "20",
    shared_buffers: "16MB",
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const dsn = (database: string, at = port) => `postgres://tester:${password}@127.0.0.1:${at}/${database}`;
  const withClient = async <T>(database: string, task: (client: pg.Client) => Promise<T>): Promise<T> => {
    const client = new pg.Client({ connectionString: dsn(database) });
    client.on("error", () => undefined);
    await client.connect();
    try {
      return await task(client);
    } finally {
      await client.end();
    }
  };
  const answers = () =>
    withClient("postgres", (client) => client.query("SELECT 1")).then(
      () => true,
      () => false,
    );
  const parameters = ["-D", data, "-k", folder, "-p", String(port), ...flags];
  const server = serverProcess({
    program: findProgram(["postgres"], "postgresql"),
    parameters,
    folder,
    answers,
    // It ends its children and nothing else: what was not written is lost, as in a crash.
    killSignal: "SIGQUIT",
  });
  await server.start();
  await withClient("postgres", (client) => client.query(`ALTER USER tester PASSWORD '${password}'`));
  return {
    ...server,
    engine: "postgres",
    port,
    dsn,
    run: async (database, sql) => void (await withClient(database, (client) => client.query(sql))),
    rows: (database, sql) =>
      withClient(database, async (client) => {
        const types = { getTypeParser: () => (text: string) => text };
        return (await client.query({ text: sql, rowMode: "array", types } as pg.QueryArrayConfig)).rows;
      }),
    async stop() {
      await server.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function startMariaDb(): Promise<DatabaseServer> {
  const folder = serverFolder("mariadb");
  const port = await freePort();
  const data = path.join(folder, "data");
  const install = findProgram(["mariadb-install-db", "mysql_install_db"], "mariadb-server");
  const fresh = ["--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"];
  runAsServer(install, ["--no-defaults", `--datadir=${data}`, ...fresh], folder);
  const open = (database: string, user: string) =>
    mysql.createConnection({
      host: "127.0.0.1",
      port,
      user,
      password: user === "root" ? "" : password,
      ...(database === "" ? {} : { database }),
      multipleStatements: true,
      charset: "utf8mb4",
    });
  const withConnection = async <T>(
    database: string,
    user: string,
    task: (connection: mysql.Connection) => Promise<T>,
  ): Promise<T> => {
    const connection = await open(database, user);
    try {
      return await task(connection);
    } finally {
      await connection.end();
    }
  };
  const answers = () =>
    withConnection("", "root", (connection) => connection.query("SELECT 1")).then(
      () => true,
      () => false,
    );
  const parameters = [
    "--no-defaults",
    `--datadir=${data}`,
    `--port=${port}`,
    "--bind-address=127.0.0.1",
    `--socket=${path.join(folder, "mariadb.sock")}`,
    `--pid-file=${path.join(folder, "mariadb.pid")}`,
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-buffer-pool-size=32M",
    "--innodb-log-file-size=16M",
    "--skip-name-resolve",
  ];
  const server = serverProcess({
    program: findProgram(["mariadbd", "mysqld"], "mariadb-server"),
    parameters,
    folder,
    answers,
  });
  await server.start();
  await withConnection("", "root", (connection) =>
    connection.query(
      `CREATE USER tester@'%' IDENTIFIED BY '${password}'; GRANT ALL ON *.* TO tester@'%'; CREATE DATABASE test CHARACTER SET utf8mb4`,
    ),
  );
  return {
    ...server,
    engine: "mysql",
    port,
    dsn: (database, at = port) => `mysql://tester:${password}@127.0.0.1:${at}/${database}`,
    run: async (database, sql) =>
      void (await withConnection(database, "root", (connection) => connection.query(sql))),
    rows: (database, sql) =>
      withConnection(database, "root", async (connection) => {
        const [rows] = await connection.query({
          sql,
          rowsAsArray: true,
          typeCast: (field: { string(): string | null }) => field.string(),
        } as mysql.QueryOptions);
        return rows as unknown as (string | null)[][];
      }),
    async stop() {
      await server.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

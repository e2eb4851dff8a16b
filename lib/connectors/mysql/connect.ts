import { readFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { type Connection, type ConnectionOptions, createConnection } from "mysql2";
import type { AllowedAddresses, DatabaseAddress } from "../dsn.ts";
import { guardedSocket } from "../open-socket.ts";

const connectMs = 10_000;

/** Opens one connection in a read-only transaction of one snapshot. */
export async function openMysql(options: {
  address: DatabaseAddress;
  allowed: AllowedAddresses;
  timeoutMs: number;
}): Promise<Connection> {
  const { address, allowed, timeoutMs } = options;
  const tls = await tlsOptions(address);
  const connection = createConnection({
    user: address.user,
    password: address.password,
    database: address.database,
    host: address.host,
    stream: () => openStream(address, allowed),
    connectTimeout: connectMs,
    ...(tls === undefined ? {} : { ssl: tls }),
    // A server may ask for any file of the client's in answer to any statement.
    flags: ["-LOCAL_FILES"],
    charset: "utf8mb4_bin",
    supportBigNumbers: true,
    multipleStatements: false,
  } as ConnectionOptions);
  // A connection that breaks while nothing waits for it; what runs next finds it broken.
  connection.on("error", () => undefined);
  try {
    await untilClosed(connection, connected(connection));
    await untilClosed(connection, prepareSession(connection, timeoutMs));
    return connection;
  } catch (error) {
    closeMysql(connection);
    throw error;
  }
}

/** Ends the connection without waiting for a server that does not answer. */
export function closeMysql(connection: Connection): void {
  streamOf(connection).destroy();
  connection.destroy();
}

/** The task, or an error as soon as the connection is gone: the driver leaves some commands waiting for ever. */
export async function untilClosed<T>(connection: Connection, task: Promise<T>): Promise<T> {
  const stream = streamOf(connection);
  const closed = Promise.withResolvers<never>();
  const onClose = () => closed.reject(new Error("the connection was closed"));
  const onError = (error: unknown) => closed.reject(error);
  stream.once("close", onClose);
  connection.once("error", onError);
  if (stream.destroyed) onClose();
  try {
    return await Promise.race([task, closed.promise]);
  } finally {
    stream.off("close", onClose);
    connection.off("error", onError);
  }
}

function streamOf(connection: Connection): Socket {
  return (connection as Connection & { stream: Socket }).stream;
}

function openStream(address: DatabaseAddress, allowed: AllowedAddresses) {
  const socket = guardedSocket(allowed);
  if (address.socketPath !== undefined) return socket.connect(address.socketPath);
  return socket.connect(address.port, address.host);
}

function connected(connection: Connection): Promise<void> {
  return new Promise((resolve, reject) => {
    connection.connect((error) => (error === null ? resolve() : reject(error)));
  });
}

async function prepareSession(connection: Connection, timeoutMs: number): Promise<void> {
  const version = await ask(connection, "SELECT version()");
  const isMaria = /mariadb/i.test(String(version[0]?.[0]));
  const limit = isMaria
    ? `max_statement_time = ${timeoutMs / 1_000}`
    : `max_execution_time = ${Math.trunc(timeoutMs)}`;
  await ask(connection, `SET SESSION time_zone = '+00:00', sql_mode = '', net_write_timeout = 600, ${limit}`);
  await ask(connection, "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ");
  await ask(connection, "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
}

/** The rows of a small answer, each an array of values. */
export function ask(connection: Connection, sql: string, values: unknown[] = []): Promise<unknown[][]> {
  return new Promise((resolve, reject) => {
    connection.query({ sql, values, rowsAsArray: true }, (error, rows) =>
      error === null ? resolve(Array.isArray(rows) ? (rows as unknown[][]) : []) : reject(error),
    );
  });
}

async function tlsOptions({ tls, tlsFiles }: DatabaseAddress): Promise<ConnectionOptions["ssl"] | undefined> {
  if (tls === "disable") return undefined;
  const read = (file: string | undefined) => (file === undefined ? undefined : readFile(file, "utf8"));
  const [ca, cert, key] = await Promise.all([tlsFiles.ca, tlsFiles.certificate, tlsFiles.key].map(read));
  return {
    rejectUnauthorized: tls === "verify",
    verifyIdentity: tls === "verify",
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

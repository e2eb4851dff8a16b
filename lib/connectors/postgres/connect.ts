import { readFile } from "node:fs/promises";
import { Client, type ClientConfig } from "pg";
import type { AllowedAddresses, DatabaseAddress } from "../dsn.ts";
import { guardedSocket } from "../open-socket.ts";

const connectMs = 10_000;

/** Opens one connection in a read-only transaction of one snapshot. The caller ends the client. */
export async function openPostgres(options: {
  address: DatabaseAddress;
  allowed: AllowedAddresses;
  timeoutMs: number;
}): Promise<Client> {
  const { address, allowed, timeoutMs } = options;
  const client = new Client({
    host: address.socketPath ?? address.host,
    port: address.port,
    database: address.database,
    user: address.user,
    // Not as a text: for an empty one the driver would look for the fleet's own, in the environment and in files.
    password: () => address.password,
    ssl: await tlsOptions(address),
    stream: () => guardedSocket(allowed),
    connectionTimeoutMillis: connectMs,
    keepAlive: true,
    application_name: "lakefleet",
    client_encoding: "UTF8",
  } satisfies ClientConfig);
  // A connection that breaks while nothing waits for it; what runs next finds it broken.
  client.on("error", () => undefined);
  try {
    await client.connect();
    await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    await client.query(
      `SET LOCAL statement_timeout = ${Math.trunc(timeoutMs)};
       SET LOCAL datestyle = 'ISO'; SET LOCAL intervalstyle = 'iso_8601'; SET LOCAL timezone = 'UTC';
       SET LOCAL extra_float_digits = 3; SET LOCAL bytea_output = 'hex'`,
    );
    return client;
  } catch (error) {
    await closePostgres(client);
    throw error;
  }
}

/** Ends the connection without waiting for a server that does not answer. */
export async function closePostgres(client: Client): Promise<void> {
  client.connection.stream.destroy();
  await Promise.allSettled([client.end()]);
}

async function tlsOptions({ tls, tlsFiles }: DatabaseAddress): Promise<ClientConfig["ssl"]> {
  if (tls === "disable") return false;
  const read = (file: string | undefined) => (file === undefined ? undefined : readFile(file, "utf8"));
  const [ca, cert, key] = await Promise.all([tlsFiles.ca, tlsFiles.certificate, tlsFiles.key].map(read));
  return {
    rejectUnauthorized: tls === "verify",
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

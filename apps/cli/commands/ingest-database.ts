import { CliError } from "../cli-error.ts";
import type { HttpClient } from "../http-client.ts";

export interface DatabaseOptions {
  db?: string;
  secret?: string;
  engine?: string;
  table?: string;
  query?: string;
  columns?: string;
  orderBy?: string;
  limit?: string;
  cursor?: string;
  timeoutSeconds?: string;
}

const routes: Record<string, string> = {
  postgres: "/ingest/db",
  postgresql: "/ingest/db",
  mysql: "/ingest/mysql",
  mariadb: "/ingest/mysql",
};

/** Whether the options name a database instead of a file. */
export function namesDatabase({ db, secret }: DatabaseOptions): boolean {
  return db !== undefined || secret !== undefined;
}

/** Sends a table or a query of a database; the engine is the DSN's scheme, or given beside a secret. */
export function sendDatabase(
  client: HttpClient,
  options: DatabaseOptions,
  fields: Record<string, string>,
): Promise<{ job: { id: string; queue: string; url: string } }> {
  const { db, secret, table, query, columns, cursor, limit } = options;
  const engine = options.engine ?? db?.split(":", 1)[0] ?? "";
  const route = routes[engine];
  if (route === undefined) {
    throw new CliError(
      "Give --db postgres://… or mysql://…, or --secret with --engine postgres or mysql.",
      2,
    );
  }
  const body = {
    ...fields,
    ...{ dsn: db, secret, table, query, columns, cursor },
    order_by: options.orderBy,
    limit: limit === undefined ? undefined : Number(limit),
    timeout_seconds: options.timeoutSeconds === undefined ? undefined : Number(options.timeoutSeconds),
    chunk_size: fields.chunk_size === undefined ? undefined : Number(fields.chunk_size),
    overlap: fields.overlap === undefined ? undefined : Number(fields.overlap),
  };
  return client.post(route, body);
}

import type { Models } from "@lakefleet/config/models.ts";
import type { AllowedAddresses, Engine } from "../connectors/dsn.ts";
import { parseDsn } from "../connectors/dsn.ts";
import { splitRelationName } from "../connectors/relation-name.ts";
import type { JobReference } from "../jobs/intent-record.ts";
import type { StartFlow } from "../jobs/start-flow.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import type { Secrets } from "../storage/secrets.ts";
import type { DatabaseRequest } from "./database-request.ts";
import { intentSecret } from "./intent-secret.ts";
import type { IngestPayload } from "./plan-ingest.ts";
import { requestIngest } from "./request-ingest.ts";

/**
 * Starts the chain for a table or a query of a database. The DSN is checked now and never becomes part of a job: what
 * the request brings is kept as a secret of its intent.
 */
export async function requestDatabaseIngest(options: {
  startFlow: StartFlow;
  store: ObjectStore;
  models?: Models | undefined;
  secrets: Secrets;
  allowed: AllowedAddresses;
  intent: string;
  actor: string;
  engine: Engine;
  request: DatabaseRequest;
}): Promise<JobReference> {
  const { secrets, intent, engine, request, allowed } = options;
  const { dsn, secret } = request;
  if (request.table !== undefined) splitRelationName(request.table);
  parseDsn(dsn ?? (await secrets.read(secret!)), engine, allowed);
  const name = secret ?? intentSecret(intent);
  if (dsn !== undefined) await secrets.write(name, dsn);
  try {
    return await requestIngest({
      ...options,
      request: { ...request, mode: request.mode ?? (request.cursor === undefined ? "sync" : "upsert") },
      source: databaseSource(engine, name, request),
    });
  } catch (error) {
    if (dsn !== undefined) await secrets.remove(name);
    throw error;
  }
}

function databaseSource(engine: Engine, secret: string, request: DatabaseRequest): IngestPayload["source"] {
  const { table, query, columns, order_by: orderBy, limit, cursor, batch_size: batchSize } = request;
  return {
    kind: "database",
    engine,
    secret,
    once: request.dsn !== undefined,
    name: table ?? "query",
    from: table === undefined ? { query: query! } : { table },
    timeoutMs: request.timeout_seconds * 1_000,
    ...(columns === undefined ? {} : { columns }),
    ...(orderBy === undefined ? {} : { orderBy }),
    ...(limit === undefined ? {} : { limit }),
    ...(cursor === undefined ? {} : { cursor }),
    ...(batchSize === undefined ? {} : { batchSize }),
  };
}

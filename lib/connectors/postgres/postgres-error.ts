import { DatabaseError } from "pg";
import { DomainError } from "../../errors/domain-error.ts";
import { TypeTooNarrow } from "../column-plan.ts";
import {
  connectionLost,
  loginRefused,
  permissionMissing,
  queryRefused,
  statementTimeout,
} from "../database-error.ts";
import type { DatabaseAddress } from "../dsn.ts";

/** Classes of SQLSTATE after which a new connection may go better: connection, resources, operator, system, internal. */
const passing = /^(08|53|57P|58|XX)/;

/**
 * The error for what the server or the driver threw. `queryOffset` is where the client's own text begins in the
 * statement, so that the place in it can be told.
 */
export function postgresError(error: unknown, address: DatabaseAddress, queryOffset?: number): unknown {
  if (error instanceof DomainError || error instanceof TypeTooNarrow) return error;
  const code = error instanceof DatabaseError ? (error.code ?? "") : undefined;
  if (code === undefined) return connectionLost(address, error);
  if (code.startsWith("28") || code === "3D000") return loginRefused(address, error);
  if (code === "42501") return permissionMissing(address, error);
  if (code === "57014") return statementTimeout(address, error);
  if (passing.test(code)) return connectionLost(address, error);
  const position = Number((error as DatabaseError).position ?? Number.NaN) - (queryOffset ?? Number.NaN);
  return queryRefused(address, error, position > 0 ? { position } : {});
}

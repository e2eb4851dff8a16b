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

/** Numbers of the server's errors, by what they mean for a reader. */
const logins = new Set([1044, 1045, 1049, 1251, 1698, 3118]);
const permissions = new Set([1142, 1143, 1227, 1370]);
const timeouts = new Set([1969, 3024]);
/** Too many connections, shutting down, killed, deadlock, lock wait, and what the driver itself numbers. */
const passing = new Set([
  1040, 1053, 1077, 1079, 1080, 1152, 1158, 1159, 1160, 1161, 1205, 1213, 1317, 1927, 4031,
]);

/**
 * The error for what the server or the driver threw. `lineOffset` is how many lines stand before the client's own text
 * in the statement, so that the place in it can be told.
 */
export function mysqlError(error: unknown, address: DatabaseAddress, lineOffset?: number): unknown {
  if (error instanceof DomainError || error instanceof TypeTooNarrow) return error;
  const number = (error as { errno?: unknown })?.errno;
  const isServers = typeof number === "number" && number >= 1000 && number < 5000;
  if (!isServers || passing.has(number)) return connectionLost(address, error);
  if (logins.has(number)) return loginRefused(address, error);
  if (permissions.has(number)) return permissionMissing(address, error);
  if (timeouts.has(number)) return statementTimeout(address, error);
  const message = error instanceof Error ? error.message : "";
  const line = Number(/at line (\d+)$/.exec(message)?.[1] ?? Number.NaN) - (lineOffset ?? Number.NaN);
  return queryRefused(address, error, line > 0 ? { line } : {});
}

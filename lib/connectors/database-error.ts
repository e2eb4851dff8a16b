import { DomainError, type ErrorKind } from "../errors/domain-error.ts";
import { type DatabaseAddress, describeAddress } from "./dsn.ts";
import { redactSecrets } from "./redact-secrets.ts";

/** The server or the way to it is gone: a new connection may find both again. */
export function connectionLost(address: DatabaseAddress, cause: unknown): DomainError {
  return new DomainError({
    kind: "unavailable",
    type: "database-unreachable",
    message: `${describeAddress(address)} cannot be reached, or has ended the connection: ${reasonOf(cause, address)}.`,
    remedy: "Check that the server runs, and that its host and port are right.",
    retryAfterSeconds: 5,
  });
}

export function loginRefused(address: DatabaseAddress, cause: unknown): DomainError {
  return failure("forbidden", "database-login", "dsn", address, cause, {
    remedy: "Check user, password and database, and that the server lets this machine in.",
  });
}

/** A query that the server does not accept. `position` counts characters of the client's own text from 1. */
export function queryRefused(
  address: DatabaseAddress,
  cause: unknown,
  details: { field?: string | undefined; position?: number | undefined; line?: number | undefined } = {},
): DomainError {
  const { position, line } = details;
  const where = position === undefined ? "" : ` (character ${position})`;
  return new DomainError({
    kind: "invalid",
    type: "database-query",
    field: details.field ?? "query",
    message: `The database refused the query${where}: ${reasonOf(cause, address)}.`,
    ...(line === undefined && position === undefined
      ? {}
      : {
          place: {
            ...(line === undefined ? {} : { line }),
            ...(position === undefined ? {} : { byte: position - 1 }),
          },
        }),
    remedy: "Try it in the database's own client.",
  });
}

export function permissionMissing(address: DatabaseAddress, cause: unknown): DomainError {
  return failure("forbidden", "database-permission", undefined, address, cause, {
    remedy: "Grant the user the right to read it.",
  });
}

export function statementTimeout(address: DatabaseAddress, cause: unknown): DomainError {
  return failure("invalid", "database-timeout", "timeout_seconds", address, cause, {
    remedy: "Give timeout_seconds more, or read less.",
  });
}

export function relationMissing(table: string): DomainError {
  return new DomainError({
    kind: "not-found",
    type: "table-missing",
    field: "table",
    message: `The database has no table ${JSON.stringify(table)} that this user can see.`,
    remedy: "Write schema.table where it is not on the search path.",
  });
}

/** A row is held in memory whole, and its text once more on its way to the engine. */
export const rowBytesMax = 64 << 20;

export function rowTooLarge(byteCount: number): DomainError {
  return new DomainError({
    kind: "too-large",
    type: "database-row-size",
    message: `A row of ${byteCount} bytes is longer than the ${rowBytesMax} that a row may have.`,
    remedy: "Leave out the column that is so long, by columns or by a query.",
  });
}

/** What the server or the driver says, in one line and without anything of the DSN. */
export function reasonOf(cause: unknown, { password }: Pick<DatabaseAddress, "password">): string {
  const text = cause instanceof Error ? cause.message || nestedReason(cause) : String(cause);
  const line = text
    .split("\n", 1)[0]!
    .replace(/[.\s]+$/, "")
    .slice(0, 500);
  return redactSecrets(line, [password]);
}

/** Several addresses of one host fail together, and only the parts of such an error say why. */
function nestedReason(cause: Error): string {
  if (cause instanceof AggregateError)
    return cause.errors.map((error) => (error as Error).message).join("; ");
  return (cause as NodeJS.ErrnoException).code ?? cause.name;
}

function failure(
  kind: ErrorKind,
  type: string,
  field: string | undefined,
  address: DatabaseAddress,
  cause: unknown,
  { remedy }: { remedy: string },
): DomainError {
  const message = `${describeAddress(address)}: ${reasonOf(cause, address)}.`;
  return new DomainError({ kind, type, field, message, remedy });
}

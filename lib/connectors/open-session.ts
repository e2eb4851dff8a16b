import type { DatabaseSession } from "./database-session.ts";
import type { DatabaseSource } from "./database-source.ts";
import type { AllowedAddresses } from "./dsn.ts";

/** Connects, checks and describes the source; given up at an abort, when a connection that comes later is closed. */
export async function openSessionUnlessAborted(
  source: DatabaseSource,
  allowed: AllowedAddresses,
  signal: AbortSignal | undefined,
): Promise<DatabaseSession> {
  const opening = openSession(source, allowed);
  if (signal === undefined) return opening;
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  signal.addEventListener("abort", onAbort);
  try {
    signal.throwIfAborted();
    return await Promise.race([opening, aborted.promise]);
  } catch (error) {
    opening.then(
      (session) => session.close(),
      () => undefined,
    );
    throw error;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** The driver is loaded with the first read: most workers never see a database. */
async function openSession(source: DatabaseSource, allowed: AllowedAddresses): Promise<DatabaseSession> {
  if (source.address.engine === "postgres") {
    const { openPostgresSession } = await import("./postgres/open-session.ts");
    return openPostgresSession(source, allowed);
  }
  const { openMysqlSession } = await import("./mysql/open-session.ts");
  return openMysqlSession(source, allowed);
}

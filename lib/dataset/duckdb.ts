import type { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { DomainError } from "../errors/domain-error.ts";
import { translateDuckDbError } from "./duckdb-failure.ts";

export interface DuckDbOptions {
  /** What the engine may hold before it spills. The process takes about 150 MiB more. */
  memoryMib: number;
  /** All cores where it is not given. */
  threads?: number | undefined;
  /** Made when something spills; the engine removes its own files from it. Without it nothing may spill. */
  tempFolder?: string | undefined;
  signal?: AbortSignal | undefined;
}

/** An open engine of the caller's, for work that hands rows out while it goes on. */
export interface DuckDbSession {
  connection: DuckDBConnection;
  /** Throws `cancelled` after an abort. To be asked after every chunk: an interrupted stream looks complete. */
  assertLive(): void;
  /** The error that leaves the session instead of one caught inside it. */
  explain(error: unknown): unknown;
  close(): void;
}

/** A query that starts after the abort must end too, so interrupting is repeated until the session is closed. */
const interruptIntervalMs = 20;

/**
 * Runs the task over a private in-memory database and closes it, whatever happens. No extension is ever fetched.
 *
 * Inside the task engine errors carry JSON, to be read with `duckDbFailure`; an error that leaves it is readable text,
 * or `exhausted` where disk or memory ran out. An abort interrupts the running query and ends in `cancelled`, also
 * where the task took the interrupt for the end of its rows.
 */
export async function withDuckDb<T>(
  options: DuckDbOptions,
  task: (connection: DuckDBConnection) => Promise<T>,
): Promise<T> {
  const session = await openDuckDb(options);
  try {
    const result = await task(session.connection);
    session.assertLive();
    return result;
  } catch (error) {
    throw session.explain(error);
  } finally {
    session.close();
  }
}

/** Like `withDuckDb`, with the closing left to the caller. */
export async function openDuckDb(options: DuckDbOptions): Promise<DuckDbSession> {
  const { signal } = options;
  const assertLive = () => {
    if (signal?.aborted) throw cancelled(signal);
  };
  assertLive();
  const instance = await openInstance(options);
  const connection = await connect(instance);
  const interruption = interruptOnAbort(connection, signal);
  return {
    connection,
    assertLive,
    explain: (error) => (signal?.aborted ? cancelled(signal) : translateDuckDbError(error)),
    close() {
      interruption.stop();
      connection.closeSync();
      instance.closeSync();
    },
  };
}

async function openInstance(options: DuckDbOptions): Promise<DuckDBInstance> {
  // Loaded on first use: the native library costs 15 ms and 40 MiB that a process without queries should not pay.
  const { DuckDBInstance } = await import("@duckdb/node-api");
  return DuckDBInstance.create(":memory:", {
    memory_limit: `${options.memoryMib}MiB`,
    ...(options.threads === undefined ? {} : { threads: String(options.threads) }),
    temp_directory: options.tempFolder ?? "",
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
    errors_as_json: "true",
  });
}

async function connect(instance: DuckDBInstance): Promise<DuckDBConnection> {
  try {
    return await instance.connect();
  } catch (error) {
    instance.closeSync();
    throw error;
  }
}

function interruptOnAbort(connection: DuckDBConnection, signal: AbortSignal | undefined) {
  let timer: NodeJS.Timeout | undefined;
  const begin = () => {
    connection.interrupt();
    timer = setInterval(() => connection.interrupt(), interruptIntervalMs);
  };
  signal?.addEventListener("abort", begin, { once: true });
  if (signal?.aborted) begin();
  return {
    stop() {
      signal?.removeEventListener("abort", begin);
      clearInterval(timer);
    },
  };
}

function cancelled(signal: AbortSignal): DomainError {
  return new DomainError({
    kind: "cancelled",
    type: "cancelled",
    message: "The work was cancelled.",
    cause: signal.reason,
  });
}

import type { DuckDBConnection } from "@duckdb/node-api";
import { DomainError } from "../errors/domain-error.ts";
import { takeEngine } from "./duckdb-engine.ts";
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
  close(): Promise<void>;
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
    await session.close();
  }
}

/** Like `withDuckDb`, with the closing left to the caller. */
export async function openDuckDb(options: DuckDbOptions): Promise<DuckDbSession> {
  const { signal } = options;
  const assertLive = () => {
    if (signal?.aborted) throw cancelled(signal);
  };
  assertLive();
  const engine = await takeEngine(options);
  const { connection } = engine;
  const interruption = interruptOnAbort(connection, signal);
  let failed = false;
  return {
    connection,
    assertLive,
    explain(error) {
      failed = true;
      return signal?.aborted ? cancelled(signal) : translateDuckDbError(error);
    },
    async close() {
      interruption.stop();
      // What a query ended badly in is not handed to another one.
      await engine.giveBack({ isSound: !failed && !signal?.aborted });
    },
  };
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

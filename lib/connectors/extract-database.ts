import { mkdtemp, rm } from "node:fs/promises";
import path from "node:path";
import type { ColumnType } from "../dataset/dataset-version.ts";
import { withDuckDb } from "../dataset/duckdb.ts";
import type { StagedRows } from "../dataset/staged-rows.ts";
import { DomainError } from "../errors/domain-error.ts";
import { diskError } from "../storage/disk-error.ts";
import { TypeTooNarrow } from "./column-plan.ts";
import type { ValueNote } from "./database-session.ts";
import type { DatabaseSource } from "./database-source.ts";
import type { AllowedAddresses } from "./dsn.ts";
import { readSource } from "./read-source.ts";
import { isCut, reconnectsMax, waitToReconnect } from "./reconnect.ts";

export interface ExtractDatabaseOptions {
  source: DatabaseSource;
  allowed: AllowedAddresses;
  /** A folder of the caller's; the result's files lie in a new folder below it. */
  scratch: string;
  memoryMib: number;
  /** Rows handed to the engine at a time, where its own 2,048 are too many. */
  batchSize?: number | undefined;
  /** The column that tells rows apart; by default the table's primary key, where that is one column. */
  key?: string | undefined;
  /** Stage the keys of all rows that the source has now, whatever the cursor leaves out. */
  withKeys?: boolean | undefined;
  signal?: AbortSignal | undefined;
  progress?: ((progress: { done: number; total: number; unit: "rows" }) => void) | undefined;
}

export interface DatabaseExtraction extends StagedRows {
  key: string | undefined;
  /** The greatest value of the cursor column, to go on from; absent where no row has one. */
  watermark?: string | undefined;
  /** A Parquet file of one column. */
  keysPath?: string | undefined;
  notes: readonly ValueNote[];
}

/**
 * Reads a table or a query into one staged Parquet file: the rows of one snapshot of the database, each once. Where the
 * connection is cut the snapshot has gone with it, so everything is read anew; with a cursor the read goes on at the
 * last value seen instead, for what changed since then has a later one.
 */
export async function extractDatabase(options: ExtractDatabaseOptions): Promise<DatabaseExtraction> {
  const { signal } = options;
  const folder = await mkdtemp(path.join(options.scratch, "database-"));
  try {
    return await readUntilWhole(options, folder);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw signal?.aborted ? cancelled(signal) : diskError(error);
  }
}

async function readUntilWhole(options: ExtractDatabaseOptions, folder: string): Promise<DatabaseExtraction> {
  const { memoryMib, signal } = options;
  const wider = new Map<string, ColumnType>();
  const engine = { memoryMib, tempFolder: path.join(folder, "spill"), signal };
  // A server that never answered is the queue's to wait for.
  let connected = false;
  const onConnected = () => {
    connected = true;
  };
  const read = { ...options, folder, wider, onConnected };
  for (let cuts = 0; ; ) {
    try {
      return await withDuckDb(engine, (connection) => readSource(connection, read));
    } catch (error) {
      // Once for each column at most: what it names holds every value.
      if (error instanceof TypeTooNarrow) wider.set(error.column, error.wider);
      else if (!connected || !isCut(error) || cuts === reconnectsMax) throw error;
      else await waitToReconnect(cuts++, signal);
    }
  }
}

function cancelled({ reason }: AbortSignal): unknown {
  if (reason instanceof DomainError) return reason;
  return new DomainError({
    kind: "cancelled",
    type: "cancelled",
    message: "The work was cancelled.",
    cause: reason,
  });
}

import path from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import type { ObjectStore } from "../../storage/object-store.ts";
import type { DatasetVersion } from "../dataset-version.ts";
import { withDuckDb } from "../duckdb.ts";
import type { SchemaDrift } from "../evolution/schema-drift.ts";
import type { StagedRows } from "../staged-rows.ts";
import { createBroken, readBroken } from "./broken-rows.ts";
import { assertKnownColumns } from "./check-contract.ts";
import { assertColumns } from "./columns-break.ts";
import { contractBroken, rowsNamedMax } from "./contract-broken.ts";
import { contractColumns, planChecks } from "./plan-checks.ts";
import type { RowContract } from "./row-contract.ts";
import { markTaken } from "./taken-keys.ts";
import { writeAdmitted } from "./write-admitted.ts";

export interface AdmitRowsOptions {
  store: ObjectStore;
  contract: RowContract;
  /** Only a contract that comes with these rows can be mistaken; a column that the dataset lost later is no news. */
  isNew: boolean;
  /** Where the rows and their rejects can be read now. */
  staged: StagedRows;
  current: DatasetVersion | undefined;
  mode: string;
  /** The column whose value identifies a row where rows are replaced by it. */
  key: string | undefined;
  drift: SchemaDrift | undefined;
  onError: "refuse" | "skip";
  scratch: string;
  memoryMib: number;
  signal?: AbortSignal | undefined;
}

/**
 * Holds the rows against the contract before any of them is stored. Undefined where all of them may come in as they
 * are; otherwise the rows that may, with the contract's types, and the others in the reject file. With `refuse`, rows
 * that break it are `invalid`, `contract-broken`; columns that break it are so with `skip` as well.
 */
export async function admitRows(options: AdmitRowsOptions): Promise<StagedRows | undefined> {
  const { contract, staged, drift } = options;
  assertColumns({ contract, staged: staged.columns, drift });
  if (options.isNew) assertKnownColumns(contract, [...staged.columns, ...(options.current?.columns ?? [])]);
  const columns = contractColumns(contract, staged.columns);
  const isRetyped = JSON.stringify(columns) !== JSON.stringify(staged.columns);
  const { input, uniqueRule } = planChecks(options);
  if (staged.rowCount === 0 || (input.rules.length === 0 && !isRetyped)) return undefined;
  const engine = {
    memoryMib: options.memoryMib,
    tempFolder: path.join(options.scratch, "spill"),
    signal: options.signal,
  };
  return withDuckDb(engine, async (connection) => {
    await createBroken(connection, { ...input, uniqueRule });
    if (uniqueRule !== undefined) await markTaken(connection, { ...options, input, uniqueRule });
    const brokenCount = await countBroken(connection);
    // Where rows are the whole truth, one that is put aside would read as one that has left.
    if (brokenCount > 0 && (options.onError === "refuse" || options.mode === "sync")) {
      const rows = await readBroken(connection, input, rowsNamedMax);
      throw contractBroken({ rows, brokenCount, rowCount: staged.rowCount });
    }
    if (brokenCount === 0 && !isRetyped) return undefined;
    return { ...(await writeAdmitted(connection, { ...options, input, columns, brokenCount })), columns };
  });
}

async function countBroken(connection: DuckDBConnection): Promise<number> {
  const reader = await connection.runAndReadAll("SELECT CAST(count(*) AS DOUBLE) FROM broken");
  return Number(reader.getRows()[0]?.[0] ?? 0);
}

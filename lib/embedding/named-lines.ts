import type { Table } from "@lancedb/lancedb";
import { rowAddresses } from "./arrow-values.ts";

/** So many addresses are some 150 kB of SQL; more lines are as quick to find by reading the table. */
const namedMax = 10_000;

/**
 * A condition that means the same lines of the table as it is now, and names them by address where they are few. Lance
 * reads all columns of every line that it tries a condition on, vectors too, unless it is told where to look.
 */
export async function nameLines(table: Table, where: string): Promise<string> {
  const addresses: bigint[] = [];
  for await (const batch of table.query().where(where).select(["total_chunks"]).withRowId()) {
    addresses.push(...rowAddresses(batch));
    if (addresses.length > namedMax) return where;
  }
  return addresses.length === 0 ? "false" : `_rowid in (${addresses.join(",")})`;
}

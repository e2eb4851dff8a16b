import type { Table } from "@lancedb/lancedb";
import { rowAddresses } from "./arrow-values.ts";

/** So many addresses are some 150 kB of SQL; more lines are as quick to find by reading the table. */
export const namedMax = 10_000;

/** The addresses of the lines that a condition means in the table as it is now; undefined where they are many. */
export async function findLines(table: Table, where: string): Promise<bigint[] | undefined> {
  const addresses: bigint[] = [];
  for await (const batch of table.query().where(where).select(["total_chunks"]).withRowId()) {
    addresses.push(...rowAddresses(batch));
    if (addresses.length > namedMax) return undefined;
  }
  return addresses;
}

/**
 * A condition that means the same lines of the table as it is now, and names them by address where they are few. Lance
 * reads all columns of every line that it tries a condition on, vectors too, unless it is told where to look.
 */
export async function nameLines(table: Table, where: string): Promise<string> {
  const addresses = await findLines(table, where);
  return addresses === undefined ? where : namesOf(addresses);
}

export function namesOf(addresses: readonly bigint[]): string {
  return addresses.length === 0 ? "false" : `_rowid in (${addresses.join(",")})`;
}

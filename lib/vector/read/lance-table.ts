import type { Connection, Table } from "@lancedb/lancedb";
import { lanceColumns } from "../format/lance-columns.ts";
import { vectorFiles } from "../format/vector-files.ts";
import { damagedIndex } from "./vector-index-errors.ts";
import type { VectorIndexLocation } from "./vector-index-location.ts";

export interface LanceTable {
  connection: Connection;
  table: Table;
  /** Whether the metadata columns are stored, so that a filter's `where` can run inside the engine. */
  hasMetadata: boolean;
}

/** Opens the table and compares its shape with the manifest. */
export async function openLanceTable(location: VectorIndexLocation): Promise<LanceTable> {
  const { folder, dimension, vectorCount } = location;
  const { connect } = await import("@lancedb/lancedb");
  const connection = await connect(folder);
  try {
    const table = await connection.openTable(vectorFiles.lanceTable);
    const { fields } = await table.schema();
    const type = fields.find(({ name }) => name === lanceColumns.vector)?.type;
    const rows = await table.countRows();
    if (type?.listSize !== dimension || rows !== vectorCount) {
      throw damagedIndex(
        `The table in ${folder} does not hold ${vectorCount} vectors of ${dimension} values.`,
      );
    }
    const own = Object.values<string>(lanceColumns);
    return { connection, table, hasMetadata: fields.some(({ name }) => !own.includes(name)) };
  } catch (cause) {
    connection.close();
    throw damagedIndex(`The table in ${folder} cannot be opened.`, cause);
  }
}

import { DomainError } from "../errors/domain-error.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import type { DatasetVersion } from "./dataset-version.ts";
import { scanRows } from "./scan-rows.ts";

/** One vector is looked at; a column that begins with rows of another origin has its first one further on. */
const batchSize = 64;

/** How many 32-bit floats the first stored vector of a column has. Throws `invalid`, `vectors-column`, where there is none. */
export async function readVectorDimension(
  store: ObjectStore,
  version: DatasetVersion,
  column: string,
): Promise<number> {
  for await (const { rows } of scanRows({ store, version, columns: [column], batchSize })) {
    for (const row of rows) {
      const value = row[column];
      if (typeof value === "string") return Buffer.byteLength(value, "base64") / 4;
    }
  }
  throw new DomainError({
    kind: "invalid",
    type: "vectors-column",
    field: "vector_column",
    message: `The column ${JSON.stringify(column)} of the dataset ${version.dataset} holds no vector.`,
  });
}

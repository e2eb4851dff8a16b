import type { Table } from "@lancedb/lancedb";
import type { ObjectStore } from "../storage/object-store.ts";
import { hasTable } from "./has-table.ts";
import { hasTables, type PipelinePlace, pipelinePrefix } from "./pipeline-place.ts";

/**
 * The dataset version that a pipeline holds, with how many chunks still wait for their vector; undefined
 * before its first sync. Reads only, and takes no lock: Lance shows one version whatever is written meanwhile.
 */
export async function readPipelineProgress(
  store: ObjectStore,
  place: PipelinePlace,
): Promise<{ datasetVersion: number; embedderId: string; waiting: number } | undefined> {
  if (!(await hasTables(store, place))) return undefined;
  const folder = await store.materialize(pipelinePrefix(place));
  if (!(await hasTable(folder, "meta")) || !(await hasTable(folder, "documents"))) return undefined;
  const { connect } = await import("@lancedb/lancedb");
  const connection = await connect(folder);
  try {
    using meta = closing(await connection.openTable("meta"));
    const values = new Map<string, unknown>();
    for (const row of await meta.table.query().select(["key", "value"]).toArray()) {
      values.set(String(row.key), JSON.parse(String(row.value)));
    }
    const version = values.get("synced_dataset_version");
    if (typeof version !== "number" || typeof values.get("syncing_to") === "number") return undefined;
    using documents = closing(await connection.openTable("documents"));
    const waiting = await documents.table.countRows("embedding_status in ('new', 'in_progress')");
    return { datasetVersion: version, embedderId: String(values.get("embedder_id") ?? ""), waiting };
  } finally {
    connection.close();
  }
}

function closing(table: Table): { table: Table } & Disposable {
  return { table, [Symbol.dispose]: () => table.close() };
}

import { datasetLog, readDataset } from "@lakefleet/lib/dataset/dataset-log.ts";
import type { IngestSummary } from "@lakefleet/lib/dataset/dataset-version.ts";
import { activeLog } from "@lakefleet/lib/generation/active-log.ts";
import { listIndexes, readDefinition } from "@lakefleet/lib/generation/definition-log.ts";
import type { ObjectStore } from "@lakefleet/lib/storage/object-store.ts";

/** As many writes as a person follows; the list of versions has more. */
const versionsMax = 200;

/** From the files and rows that came in, through the jobs that brought them, to the indexes that are fed today. */
export async function describeLineage(store: ObjectStore, dataset: string) {
  const current = await readDataset(store, dataset);
  return {
    dataset,
    version: current.version,
    rows: current.rowCount,
    sources: await readSources(store, dataset),
    indexes: await readFedIndexes(store, dataset),
  };
}

/** Every write once, the newest first; versions in between that changed words or columns repeat its summary. */
async function readSources(store: ObjectStore, dataset: string) {
  const writes = new Map<string, { ingest: IngestSummary; version: number }>();
  for await (const { document } of datasetLog(store, dataset).history({ limit: versionsMax })) {
    writes.set(document.ingest.ingestId, { ingest: document.ingest, version: document.version });
  }
  return [...writes.values()].map(({ ingest, version }) => ({
    name: ingest.source.name,
    kind: ingest.source.kind,
    format: ingest.source.format,
    job: `/jobs/ingest/${ingest.ingestId}.ingest`,
    mode: ingest.mode,
    at: ingest.at,
    version,
    rows_added: ingest.rowsAdded,
    rows_updated: ingest.rowsUpdated,
    rows_removed: ingest.rowsRemoved,
    rows_rejected: ingest.rowsRejected,
  }));
}

async function readFedIndexes(store: ObjectStore, dataset: string) {
  const definitions = await Promise.all(
    (await listIndexes(store)).map((index) => readDefinition(store, index)),
  );
  return Promise.all(
    definitions
      .filter((definition) => definition.dataset === dataset)
      .map(async ({ index, embedderId, textColumns, metadataColumns, parameters }) => {
        const active = await activeLog(store, index).head();
        return {
          index,
          embedder: embedderId,
          backend: parameters.backend,
          text_columns: textColumns,
          metadata_columns: metadataColumns,
          active: active?.document.generation ?? null,
          dataset_version: active?.document.datasetVersion ?? null,
        };
      }),
  );
}

import type { Models } from "@lakefleet/config/models.ts";
import { DomainError } from "../errors/domain-error.ts";
import { definitionLog } from "../generation/definition-log.ts";
import type { JobReference } from "../jobs/intent-record.ts";
import type { StartFlow } from "../jobs/start-flow.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { checkIndexSettings } from "./check-index-settings.ts";
import type { ImportRequest } from "./import-request.ts";
import type { IngestPayload } from "./plan-ingest.ts";
import { ingestSteps } from "./steps.ts";

/**
 * Starts one chain for a file of foreign vectors: its rows become a dataset's next version, their vectors come with
 * them into the pipeline instead of being made there, and the index is built, gated and promoted as any other.
 */
export async function requestImport(options: {
  startFlow: StartFlow;
  store: ObjectStore;
  models?: Models | undefined;
  intent: string;
  actor: string;
  request: ImportRequest;
  source: { path: string; name: string; uploaded: boolean; ids?: string | undefined };
}): Promise<JobReference> {
  const { startFlow, store, models, actor, request } = options;
  assertIds(options);
  const payload = planImport(options);
  const current = (await definitionLog(store, request.index).head())?.document;
  if (payload.index)
    checkIndexSettings({ settings: payload.index, dataset: request.dataset, current, models });
  return startFlow({ steps: ingestSteps(payload), actor });
}

/** Numbers that begin at 0 with each file would name other rows the second time. */
function assertIds({ request, source }: Parameters<typeof requestImport>[0]): void {
  if (request.mode === "replace" || request.id_column !== undefined || source.ids !== undefined) return;
  throw new DomainError({
    kind: "invalid",
    type: "import-ids",
    field: "id_column",
    message: `The mode ${request.mode} needs ids that the rows bring with them.`,
    remedy: "Name id_column, or give ids_path for an NPY file.",
  });
}

/** Rows without a text are found by their id's words, so that no index is without any. */
function planImport({ intent, request, source }: Parameters<typeof requestImport>[0]): IngestPayload {
  const { index, embedder, vector_column: vector, id_column: id, text_column: text, backend } = request;
  const { path, name, uploaded, ids } = source;
  return {
    intent,
    source: {
      kind: "vectors",
      path,
      name,
      uploaded,
      ...(ids === undefined ? {} : { ids }),
      columns: {
        vector,
        ...(id === undefined ? {} : { id }),
        ...(text === undefined ? {} : { text }),
        metadata: request.metadata_columns,
      },
    },
    dataset: request.dataset,
    mode: request.mode,
    ...(request.mode === "upsert" ? { key: id ?? "id" } : {}),
    onError: "refuse",
    idColumn: id ?? "id",
    textColumns: [text ?? id ?? "id"],
    metadataColumns: request.metadata_columns,
    index: {
      name: index,
      embedderId: embedder,
      vectorColumn: vector,
      ...(backend === undefined ? {} : { backend }),
    },
  };
}

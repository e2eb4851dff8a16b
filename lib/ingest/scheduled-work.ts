import type { Models } from "@lakefleet/config/models.ts";
import { DatasetName } from "@lakefleet/queues/names.ts";
import { refreshQueue } from "@lakefleet/queues/refresh.queue.ts";
import { z } from "zod";
import type { AllowedAddresses } from "../connectors/dsn.ts";
import { DomainError } from "../errors/domain-error.ts";
import { flowStep } from "../jobs/flow-step.ts";
import type { JobReference } from "../jobs/intent-record.ts";
import type { StartFlow } from "../jobs/start-flow.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import type { Secrets } from "../storage/secrets.ts";
import { parseDatabaseRequest } from "./database-request.ts";
import { parseIngestRequest } from "./ingest-request.ts";
import { requestDatabaseIngest } from "./request-database.ts";
import { requestPathIngest } from "./request-path.ts";

/** What a schedule may start: an ingest, as its own route would take it, or the refresh of a dataset's indexes. */
export const ScheduledWork = z.discriminatedUnion("kind", [
  z.looseObject({ kind: z.literal("ingest"), from: z.enum(["postgres", "mysql", "path"]) }),
  z.strictObject({ kind: z.literal("refresh"), dataset: DatasetName }),
]);
export type ScheduledWork = z.infer<typeof ScheduledWork>;

/** Refuses work that could never be started. A DSN would stand in the schedule for all to read. */
export function checkScheduledWork(work: ScheduledWork): void {
  if (work.kind === "refresh") return;
  const { kind: _kind, from, ...fields } = work;
  if (from === "path") return void pathFields(fields);
  if (parseDatabaseRequest(fields).dsn === undefined) return;
  throw new DomainError({
    kind: "invalid",
    type: "schedule-dsn",
    field: "work.dsn",
    message: "A schedule does not hold a DSN.",
    remedy: "Keep it as a secret and give its name as secret.",
  });
}

export interface ScheduledWorkDependencies {
  startFlow: StartFlow;
  store: ObjectStore;
  models?: Models | undefined;
  secrets: Secrets;
  allowed: AllowedAddresses;
  ingestRoots: readonly string[];
}

/** Starts the work under the given intent; once, however often it is called. */
export function startScheduledWork(
  dependencies: ScheduledWorkDependencies,
  { work, intent }: { work: ScheduledWork; intent: string },
): Promise<JobReference> {
  const actor = "schedule";
  if (work.kind === "refresh") {
    const step = flowStep(refreshQueue, { intent, dataset: work.dataset, scheduled: true });
    return dependencies.startFlow({ steps: [step], actor });
  }
  const { kind: _kind, from, ...fields } = work;
  if (from === "path") {
    return requestPathIngest({
      ...dependencies,
      ...pathFields(fields),
      intent,
      actor,
      roots: dependencies.ingestRoots,
    });
  }
  return requestDatabaseIngest({
    ...dependencies,
    engine: from,
    request: parseDatabaseRequest(fields),
    intent,
    actor,
  });
}

function pathFields({ path, ...fields }: Record<string, unknown>) {
  const requested = z.string().min(1).max(4_096).safeParse(path).data;
  if (requested !== undefined) return { requested, request: parseIngestRequest(fields) };
  throw new DomainError({
    kind: "invalid",
    type: "request-invalid",
    field: "work.path",
    message: "work.path: names the file or folder to ingest",
  });
}

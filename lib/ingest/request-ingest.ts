import { open } from "node:fs/promises";
import type { Models } from "@lakefleet/config/models.ts";
import { assertContract } from "../dataset/contract/check-contract.ts";
import { compilePatterns } from "../dataset/contract/compile-patterns.ts";
import { DomainError } from "../errors/domain-error.ts";
import { detectFormat } from "../extract/detect-format.ts";
import type { Format } from "../extract/extraction.ts";
import { listDefinitions } from "../generation/definition-log.ts";
import type { JobReference } from "../jobs/intent-record.ts";
import type { StartFlow } from "../jobs/start-flow.ts";
import { readRefreshPolicy } from "../refresh/refresh-policy.ts";
import { hasCode } from "../storage/error-code.ts";
import { failpoint } from "../storage/failpoint.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { checkIndexSettings } from "./check-index-settings.ts";
import type { IngestRequest } from "./ingest-request.ts";
import { type IngestPayload, planIngest } from "./plan-ingest.ts";
import { ingestSteps } from "./steps.ts";

/** Detection looks at the first bytes only; every signature and most preambles fit. */
const headBytes = 64 * 1024;

/** The one path by which HTTP, the CLI and the watcher bring a file in: plan, record the intent, enqueue the chain. */
export async function requestIngest(options: {
  startFlow: StartFlow;
  store: ObjectStore;
  models?: Models | undefined;
  intent: string;
  /** Who asked: `http`, `cli`, `watcher`. */
  actor: string;
  request: IngestRequest;
  source: IngestPayload["source"];
}): Promise<JobReference> {
  const { source, request, store, models } = options;
  if (request.contract !== undefined) {
    assertContract(request.contract);
    await compilePatterns(request.contract);
  }
  const format = source.kind === "file" ? await detectFile(source.path, source.name) : undefined;
  const definitions = await listDefinitions(store);
  const indexes = definitions.filter(({ dataset }) => dataset === request.dataset).map(({ index }) => index);
  const follows = (await readRefreshPolicy(store, request.dataset)).kind === "on-append";
  const payload = planIngest({ intent: options.intent, request, source, format, indexes, follows });
  if (payload.index) {
    const current = definitions.find(({ index }) => index === payload.index?.name);
    checkIndexSettings({ settings: payload.index, dataset: request.dataset, current, models });
  }
  failpoint("api.before-enqueue");
  const job = await options.startFlow({ steps: ingestSteps(payload), actor: options.actor });
  failpoint("api.after-enqueue");
  return job;
}

async function detectFile(path: string, name: string): Promise<Format> {
  const file = await open(path, "r").catch((cause: unknown) => {
    if (!hasCode(cause, "EACCES", "EPERM", "ENOENT")) throw cause;
    throw new DomainError({
      kind: "forbidden",
      type: "path-unreadable",
      field: "path",
      message: `The fleet may not read ${name}, or it has just gone.`,
      remedy: "Give the user that runs the fleet the right to read it.",
      cause,
    });
  });
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0);
    return detectFormat({ name, head: buffer.subarray(0, bytesRead) });
  } finally {
    await file.close();
  }
}

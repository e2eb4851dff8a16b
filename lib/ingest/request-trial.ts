import { trialQueue } from "@lakefleet/queues/trial.queue.ts";
import { DomainError } from "../errors/domain-error.ts";
import { readEvalSet } from "../evaluation/eval-set-log.ts";
import { activeLog } from "../generation/active-log.ts";
import { readDefinition } from "../generation/definition-log.ts";
import { readManifest } from "../generation/read-manifest.ts";
import { flowStep } from "../jobs/flow-step.ts";
import type { JobReference } from "../jobs/intent-record.ts";
import type { StartFlow } from "../jobs/start-flow.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { checkBuildable, completeParameters, type ParameterFields } from "../trial/trial-parameters.ts";
import type { IndexParameters } from "../vector/index-parameters.ts";

export interface TrialRequest {
  intent: string;
  index: string;
  /** What they leave open is as the index is defined. */
  parameters: ParameterFields;
  sampleShare?: number | undefined;
  seed?: number | undefined;
  k?: number | undefined;
  evalSet?: string | undefined;
  why: string;
  actor: string;
}

/**
 * Starts one trial; the same intent twice is one trial. Refuses what could not be measured: `index-missing`,
 * `generation-missing` (conflict), `index-parameters` (invalid), `eval-set-missing` (not-found).
 */
export async function requestTrial(
  { store, startFlow }: { store: ObjectStore; startFlow: StartFlow },
  request: TrialRequest,
): Promise<JobReference> {
  const { intent, index, actor, sampleShare, seed, k, evalSet, why } = request;
  const parameters = await trialParameters(store, index, request.parameters);
  if (evalSet !== undefined) await readEvalSet(store, evalSet);
  const asked = { sampleShare, seed, k, evalSet };
  const given = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
  const step = flowStep(trialQueue, trialQueue.payload.parse({ intent, index, parameters, why, ...given }));
  return startFlow({ steps: [step], actor });
}

/** The whole configuration of a trial over what serves now. Throws as `requestTrial` does. */
export async function trialParameters(
  store: ObjectStore,
  index: string,
  fields: ParameterFields,
): Promise<IndexParameters> {
  const definition = await readDefinition(store, index);
  const parameters = completeParameters(fields, definition.parameters);
  const active = await activeLog(store, index).head();
  if (active === undefined) throw generationMissing(index);
  const { manifest } = await readManifest(store, index, active.document.generation);
  checkBuildable(parameters, manifest);
  return parameters;
}

export function generationMissing(index: string): DomainError {
  return new DomainError({
    kind: "conflict",
    type: "generation-missing",
    field: "index",
    message: `The index ${index} has no active generation to measure.`,
    remedy: "Ingest something into it first.",
  });
}

import { createHash } from "node:crypto";
import { activeLog } from "../generation/active-log.ts";
import { readDefinition } from "../generation/definition-log.ts";
import { newIntentId } from "../jobs/intent-id.ts";
import type { JobReference } from "../jobs/intent-record.ts";
import type { StartFlow } from "../jobs/start-flow.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { trialKey } from "../trial/configuration-key.ts";
import { defaultGrid, expandGrid, type Grid } from "../trial/grid.ts";
import { generationMissing, requestTrial, type TrialRequest, trialParameters } from "./request-trial.ts";

export interface AutotuneRequest
  extends Pick<TrialRequest, "index" | "sampleShare" | "seed" | "k" | "evalSet" | "why" | "actor"> {
  /** The values of each field; by default a few that are worth trying on any data. */
  grid?: Grid | undefined;
}

/**
 * Starts a trial for every configuration of a grid. Each has an id of its configuration and of what serves now, so that
 * the same grid again starts only what was never asked of this state of the index. All are checked before the first
 * begins; throws as `expandGrid` and `requestTrial` do.
 */
export async function requestAutotune(
  dependencies: { store: ObjectStore; startFlow: StartFlow },
  { grid, ...request }: AutotuneRequest,
): Promise<JobReference[]> {
  const { store } = dependencies;
  const { index } = request;
  const { parameters: current } = await readDefinition(store, index);
  const configurations = expandGrid(grid ?? defaultGrid(current), current);
  for (const parameters of configurations) await trialParameters(store, index, given(parameters));
  const active = await activeLog(store, index).head();
  if (active === undefined) throw generationMissing(index);
  const { sampleShare = 1, seed, k, evalSet } = request;
  const jobs: JobReference[] = [];
  for (const parameters of configurations) {
    const facts = [index, active.number, trialKey(parameters, "", sampleShare), seed, k, evalSet];
    const intent = intentOf(active.at, facts);
    jobs.push(await requestTrial(dependencies, { ...request, intent, parameters: given(parameters) }));
  }
  return jobs;
}

/** The first ten digits are a time, by which intents are kept and listed. */
function intentOf(at: string, facts: unknown[]): string {
  const digest = createHash("sha256").update(JSON.stringify(facts)).digest("hex");
  return newIntentId(Date.parse(at)).slice(0, 10) + digest.slice(0, 16);
}

/** Without the fields that are left to the engine. */
function given(parameters: object): TrialRequest["parameters"] {
  return Object.fromEntries(Object.entries(parameters).filter(([, value]) => value !== undefined));
}

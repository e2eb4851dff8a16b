import { activeLog } from "../generation/active-log.ts";
import { definitionLog, readDefinition } from "../generation/definition-log.ts";
import { readManifest } from "../generation/read-manifest.ts";
import type { JobReference } from "../jobs/intent-record.ts";
import type { StartFlow } from "../jobs/start-flow.ts";
import { canonicalJson } from "../storage/canonical-json.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { checkBuildable } from "../trial/trial-parameters.ts";
import type { IndexParameters } from "../vector/index-parameters.ts";
import { buildSteps, indexSteps } from "./steps.ts";

/**
 * Commits the index's definition with other parameters and starts what lets them serve. The vectors come from the
 * pipeline, so nothing is embedded again, and what serves goes on until the new generation has passed its gate. An
 * index that has never served is brought up to date first. Throws `index-missing`, `index-parameters`.
 */
export async function rebuildIndex(
  { store, startFlow }: { store: ObjectStore; startFlow: StartFlow },
  request: {
    intent: string;
    index: string;
    /** Decides by what is defined now; called again where somebody else commits first. */
    parameters: (current: IndexParameters) => IndexParameters;
    actor: string;
  },
): Promise<JobReference> {
  const { intent, index, parameters, actor } = request;
  const current = await readDefinition(store, index);
  const active = await activeLog(store, index).head();
  if (active !== undefined) {
    const { manifest } = await readManifest(store, index, active.document.generation);
    checkBuildable(parameters(current.parameters), manifest);
  }
  await definitionLog(store, index).commit((head) => {
    const definition = head?.document ?? current;
    const next = { ...definition, parameters: parameters(definition.parameters) };
    return canonicalJson(plain(next)) === canonicalJson(plain(definition)) ? undefined : next;
  });
  const steps = active === undefined ? indexSteps(intent, index) : buildSteps(intent, index);
  return startFlow({ steps, actor });
}

/** Without the fields that are there and undefined, which are not in the stored form either. */
function plain(value: object): unknown {
  return JSON.parse(JSON.stringify(value));
}

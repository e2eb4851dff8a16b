import { readEvalSet } from "../evaluation/eval-set-log.ts";
import { activeLog } from "../generation/active-log.ts";
import { readDefinition } from "../generation/definition-log.ts";
import { readManifest } from "../generation/read-manifest.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { defineSpace } from "../trial/propose/default-space.ts";
import { type AgentOptions, type AgentSettings, startSession } from "./agent-settings.ts";

/**
 * Begins a session over the index. Refuses what could not begin: `index-missing`, `eval-set-missing`, `agent-bounds`
 * (invalid). An index that nothing serves yet is tuned once something does.
 */
export async function requestSession(
  store: ObjectStore,
  index: string,
  change: Partial<AgentOptions>,
): Promise<AgentSettings> {
  const { parameters } = await readDefinition(store, index);
  if (change.evalSet !== undefined) await readEvalSet(store, change.evalSet);
  const active = await activeLog(store, index).head();
  const manifest = active && (await readManifest(store, index, active.document.generation)).manifest;
  const corpus = { dimension: manifest?.dimension ?? 768, vectorCount: manifest?.vectorCount ?? 1 };
  if (change.bounds) defineSpace(parameters.backend, { ...corpus, bounds: change.bounds });
  return startSession(store, index, change);
}

import path from "node:path";
import { quantile } from "../../evaluation/quantile.ts";
import { buildKey, trialKey } from "../configuration-key.ts";
import type { MeasureThreadData } from "../measure/measure-thread.ts";
import { trialGraphKey } from "../trial-graph.ts";
import type { TrialRecord } from "../trial-record.ts";
import { findTrialGraph } from "./find-trial-graph.ts";
import type { Measurement } from "./measure-trial.ts";

/** Whether the trial is of what serves, as it serves. */
export function isServing({ opened, parameters, sampleShare }: Measurement): boolean {
  const [tried, serving] = [parameters, opened.manifest.parameters].map((one) => trialKey(one, "", 1));
  return sampleShare === 1 && tried === serving;
}

/** The graph that serves, where an earlier trial has measured it and this one is of another, over all the chunks, too. */
export async function findServingGraph(options: Measurement): Promise<MeasureThreadData["serving"]> {
  const { store, opened, corpus, sampleShare, seed } = options;
  if (sampleShare !== 1 || isServing(options)) return undefined;
  const { index, parameters } = opened.manifest;
  const key = trialGraphKey({ index, corpus, build: buildKey(parameters), sampleShare, seed });
  const found = await findTrialGraph(store, key);
  return found && { folder: path.join(store.root, key), parameters };
}

/** From the searches of what serves; nothing where it took no part. */
export function paceOf(durations: Float64Array): Pick<TrialRecord, "servingP50Ms"> {
  return durations.length === 0 ? {} : { servingP50Ms: quantile(Array.from(durations), 0.5) };
}

import path from "node:path";
import type { OpenGeneration } from "../../generation/read/open-generation.ts";
import type { LocalStore } from "../../storage/local-store.ts";
import type { IndexParameters } from "../../vector/index-parameters.ts";
import { buildKey, trialKey } from "../configuration-key.ts";
import type { MeasureThreadData } from "../measure/measure-thread.ts";
import { summariseLatency } from "../summarise-latency.ts";
import { trialGraphKey } from "../trial-graph.ts";
import type { TrialRecord } from "../trial-record.ts";
import { findTrialGraph } from "./find-trial-graph.ts";

/** What is measured, of which generation. */
interface Subject {
  store: LocalStore;
  opened: Pick<OpenGeneration, "manifest">;
  corpus: string;
  parameters: IndexParameters;
  sampleShare: number;
  seed: number;
}

/** Whether the trial is of what serves, as it serves. */
export function isServing({ opened, parameters, sampleShare }: Subject): boolean {
  const [tried, serving] = [parameters, opened.manifest.parameters].map((one) => trialKey(one, "", 1));
  return sampleShare === 1 && tried === serving;
}

/** The graph that serves, where an earlier trial has measured it and this one is of another, over all the chunks, too. */
export async function findServingGraph(options: Subject): Promise<MeasureThreadData["serving"]> {
  const { store, opened, corpus, sampleShare, seed } = options;
  if (sampleShare !== 1 || isServing(options)) return undefined;
  const { index, parameters } = opened.manifest;
  const key = trialGraphKey({ index, corpus, build: buildKey(parameters), sampleShare, seed });
  const found = await findTrialGraph(store, key);
  return found && { folder: path.join(store.root, key), parameters };
}

/** From the searches of what serves, in rounds of `queryCount`; nothing where it took no part. */
export function paceOf(durations: Float64Array, queryCount: number): Pick<TrialRecord, "servingP50Ms"> {
  if (durations.length === 0) return {};
  return { servingP50Ms: summariseLatency(Array.from(durations), queryCount).p50Ms };
}

import { loadavg } from "node:os";
import { quantile } from "@lakefleet/lib/evaluation/quantile.ts";
import { createRandom } from "../../examples/create-random.ts";
import { climbLadder } from "./climb-ladder.ts";
import type { Contender, OpenContender, Stage } from "./contender.ts";
import { dropFromCache } from "./drop-from-cache.ts";
import type { SearchMeasurement } from "./measurement.ts";
import { ownPeakMib } from "./timed.ts";
import { readQueries, readTruth, searchDepth } from "./workload.ts";

const fetchCount = 1_000;

/** A cold load, then everything warm: latencies by setting, and rows by id. */
export async function measureSearch(contender: Contender, stage: Stage): Promise<SearchMeasurement> {
  const queries = readQueries(stage.workload);
  const truth = await readTruth(stage.workload);
  const [first] = queries;
  if (truth === undefined || first === undefined) throw new Error("the workload has not been prepared");
  const [loadBefore = 0] = loadavg();
  await contender.prepare?.(stage);
  const residentBytes = await dropFromCache(stage.folder);
  const begin = performance.now();
  const opened = await contender.open(stage);
  const openedAt = performance.now();
  await opened.search(first, searchDepth, contender.defaultSetting);
  const coldFirstMs = performance.now() - openedAt;
  try {
    const settings = await climbLadder({ contender, opened, queries, truth });
    const fetch = await measureFetch(opened, stage.workload.count);
    const peakRssMib = opened.peakRssMib?.() ?? ownPeakMib();
    return {
      loadBefore,
      coldOpenMs: openedAt - begin,
      coldFirstMs,
      residentBytes,
      settings,
      fetch,
      peakRssMib,
    };
  } finally {
    await opened.close();
  }
}

async function measureFetch({ fetch }: OpenContender, count: number): Promise<SearchMeasurement["fetch"]> {
  if (fetch === undefined) return null;
  const random = createRandom(1);
  const durations: number[] = [];
  for (let done = -fetchCount / 10; done < fetchCount; done++) {
    const row = random() % count;
    const begin = performance.now();
    const text = await fetch(row);
    if (done >= 0) durations.push(performance.now() - begin);
    if (!text.startsWith(`a ${row} `)) throw new Error(`row ${row} came as ${text.slice(0, 40)}`);
  }
  return { p50Ms: quantile(durations, 0.5), p95Ms: quantile(durations, 0.95) };
}

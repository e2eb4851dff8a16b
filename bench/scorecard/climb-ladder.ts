import { quantile } from "@lakefleet/lib/evaluation/quantile.ts";
import type { Contender, OpenContender, Setting } from "./contender.ts";
import { recallWanted, type SettingMeasurement } from "./measurement.ts";
import { searchDepth } from "./workload.ts";

interface Climb {
  contender: Contender;
  opened: OpenContender;
  queries: readonly Float32Array[];
  truth: readonly (readonly number[])[];
}

interface Warmed extends Pick<SettingMeasurement, "role" | "setting" | "recall"> {
  roundMs: number;
}

/** What one setting may take in all, so that a flat scan ends as well. */
const timedMsMax = 8_000;
const roundsMax = 10;

/**
 * Measures the default setting, the usual one and the first that reaches the wanted recall, in turn, after a round of
 * each that maps the pages and warms the compiler up.
 */
export async function climbLadder(climb: Climb): Promise<SettingMeasurement[]> {
  const warmed = await findSettings(climb);
  const durations = warmed.map((): number[] => []);
  const slowestMs = Math.max(...warmed.map(({ roundMs }) => roundMs));
  const rounds = Math.min(roundsMax, Math.max(1, Math.floor(timedMsMax / slowestMs)));
  for (let round = 0; round < rounds; round++) {
    for (const [place, { setting }] of warmed.entries()) {
      durations[place]?.push(...(await searchAll(climb, setting)).durations);
    }
  }
  return warmed.map(({ role, setting, recall }, place) => {
    const all = durations[place] ?? [];
    return { role, setting, recall, p50Ms: quantile(all, 0.5), p95Ms: quantile(all, 0.95) };
  });
}

async function findSettings(climb: Climb): Promise<Warmed[]> {
  const { defaultSetting, usualSetting, ladder } = climb.contender;
  const found = [await warmUp(climb, "default", defaultSetting)];
  if (usualSetting !== undefined) found.push(await warmUp(climb, "usual", usualSetting));
  for (const setting of ladder) {
    const rung = await warmUp(climb, "reaching", setting);
    if (rung.recall >= recallWanted) return [...found, rung];
  }
  return found;
}

async function warmUp(climb: Climb, role: Warmed["role"], setting: Setting): Promise<Warmed> {
  const { recall, durations } = await searchAll(climb, setting);
  return { role, setting, recall, roundMs: durations.reduce((sum, ms) => sum + ms, 0) };
}

async function searchAll({ opened, queries, truth }: Climb, setting: Setting) {
  const durations: number[] = [];
  let found = 0;
  for (const [place, query] of queries.entries()) {
    const begin = performance.now();
    const ordinals = await opened.search(query, searchDepth, setting);
    durations.push(performance.now() - begin);
    const hits = new Set(Array.from(ordinals));
    found += truth[place]?.filter((row) => hits.has(row)).length ?? 0;
  }
  return { durations, recall: found / (queries.length * searchDepth) };
}

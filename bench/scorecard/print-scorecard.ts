import { printTable } from "../support/print-report.ts";
import { describeSetting } from "./contender.ts";
import { type RowMeasurement, recallWanted, type SettingMeasurement } from "./measurement.ts";
import type { Results } from "./results-file.ts";

const nothing = "–";

export function printScorecard({ count, dimension, queryCount, appendCount, rows }: Results): void {
  const measured = Object.values(rows);
  console.log(`${count} clustered vectors of ${dimension} values, ${queryCount} queries, k = 10.\n`);
  const builds = measured.filter(({ build }) => build !== undefined);
  printTable(
    [
      "files",
      "build s",
      "of processor time",
      "peak MiB",
      "disk MB",
      `append ${appendCount} s`,
      "found",
      "disk MB more",
    ],
    builds.map(buildLine),
  );
  const searches = measured.filter(({ search }) => search !== undefined);
  printTable(["search", "setting", "recall@10", "p50 ms", "p95 ms"], searches.flatMap(searchLines));
  printTable(
    ["cold load", "open ms", "first answer ms", "row by id p50 / p95 ms", "peak MiB"],
    searches.map(loadLine),
  );
  console.log(`Load over a minute before: ${describeLoads(measured)}.`);
}

function buildLine({ label, build, append }: RowMeasurement): (string | number)[] {
  if (build === undefined) return [];
  const { seconds, processorSeconds, peakRssMib, diskBytes } = build;
  const built = [
    label,
    seconds.toFixed(1),
    processorSeconds.toFixed(1),
    peakRssMib.toFixed(0),
    megabytes(diskBytes),
  ];
  if (append === undefined) return [...built, nothing, nothing, nothing];
  return [...built, append.seconds.toFixed(2), append.foundShare.toFixed(2), megabytes(append.grownBytes)];
}

function searchLines({ label, search }: RowMeasurement): string[][] {
  const reached = search?.settings.some(({ role, recall }) => role === "reaching" || recall >= recallWanted);
  const lines = search?.settings.map((one, place) => [place === 0 ? label : "", ...settingCells(one)]) ?? [];
  return reached ? lines : [...lines, ["", `nothing reaches ${recallWanted}`, nothing, nothing, nothing]];
}

function settingCells({ role, setting, recall, p50Ms, p95Ms }: SettingMeasurement): string[] {
  const why = { default: "default", usual: "usual", reaching: `first at ${recallWanted}` }[role];
  const described = Object.keys(setting).length === 0 ? why : `${describeSetting(setting)} (${why})`;
  return [described, recall.toFixed(4), p50Ms.toFixed(3), p95Ms.toFixed(3)];
}

function loadLine({ label, search }: RowMeasurement): string[] {
  if (search === undefined) return [];
  const { coldOpenMs, coldFirstMs, fetch, peakRssMib } = search;
  const fetched = fetch === null ? nothing : milliseconds(fetch.p50Ms, fetch.p95Ms);
  return [
    label,
    coldOpenMs.toFixed(0),
    (coldOpenMs + coldFirstMs).toFixed(0),
    fetched,
    peakRssMib.toFixed(0),
  ];
}

function milliseconds(p50: number, p95: number): string {
  return `${p50.toFixed(3)} / ${p95.toFixed(3)}`;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}

function describeLoads(rows: readonly RowMeasurement[]): string {
  const range = (phase: "build" | "search" | "append") => {
    const loads = rows.flatMap((row) => row[phase]?.loadBefore ?? []);
    const [least, most] = [Math.min(...loads), Math.max(...loads)];
    return loads.length === 0 ? [] : [`${phase} ${least.toFixed(1)} to ${most.toFixed(1)}`];
  };
  return (["build", "search", "append"] as const).flatMap(range).join(", ");
}

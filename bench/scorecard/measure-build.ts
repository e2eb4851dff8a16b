import { loadavg } from "node:os";
import type { Contender, Stage } from "./contender.ts";
import { folderBytes } from "./folder-bytes.ts";
import type { BuildMeasurement } from "./measurement.ts";
import { ownPeakMib, timed } from "./timed.ts";

export async function measureBuild(
  build: NonNullable<Contender["build"]>,
  stage: Stage,
): Promise<BuildMeasurement> {
  const [loadBefore = 0] = loadavg();
  const cost = await timed(() => build(stage));
  return { loadBefore, ...cost, peakRssMib: ownPeakMib(), diskBytes: await folderBytes(stage.folder) };
}

import { cp, rm } from "node:fs/promises";
import { loadavg } from "node:os";
import path from "node:path";
import type { Contender, Stage } from "./contender.ts";
import { folderBytes } from "./folder-bytes.ts";
import type { AppendMeasurement } from "./measurement.ts";
import { timed } from "./timed.ts";
import { readBlocks, searchDepth, workloadFiles } from "./workload.ts";

/** Appended vectors that are looked for afterwards. */
const probeCount = 100;

/** Appends to a copy, because the built files are searched again, and looks for what was appended. */
export async function measureAppend(
  contender: Contender,
  append: NonNullable<Contender["append"]>,
  { folder, workload }: Stage,
): Promise<AppendMeasurement> {
  const copy = { folder: `${folder}-appended`, workload };
  await rm(copy.folder, { recursive: true, force: true });
  await cp(folder, copy.folder, { recursive: true });
  try {
    const [loadBefore = 0] = loadavg();
    const before = await folderBytes(copy.folder);
    const cost = await timed(() => append(copy));
    const grownBytes = (await folderBytes(copy.folder)) - before;
    const foundShare = await findAppended(contender, copy);
    return { loadBefore, count: workload.appendCount, ...cost, foundShare, grownBytes };
  } finally {
    await rm(copy.folder, { recursive: true, force: true });
  }
}

async function findAppended(contender: Contender, stage: Stage): Promise<number> {
  const { folder, dimension, count } = stage.workload;
  const [block = new Float32Array()] = readBlocks(
    path.join(folder, workloadFiles.appended),
    dimension,
    probeCount,
  );
  const opened = await contender.open(stage);
  let found = 0;
  for (let row = 0; row < probeCount; row++) {
    const query = block.slice(row * dimension, (row + 1) * dimension);
    const ordinals = await opened.search(query, searchDepth, contender.defaultSetting);
    if (ordinals[0] === count + row) found += 1;
  }
  await opened.close();
  return found / probeCount;
}

import { mkdir, rm } from "node:fs/promises";
import { loadContender } from "./contenders.ts";
import { measureAppend } from "./measure-append.ts";
import { measureBuild } from "./measure-build.ts";
import { measureSearch } from "./measure-search.ts";
import type { PhaseOrder } from "./run-phase.ts";
import { prepareWorkload } from "./workload.ts";

/** Measures one phase of one row in a process of its own and sends what it found to its parent. */
const order = JSON.parse(process.argv[2] ?? "") as PhaseOrder;
if (order.phase === "prepare") {
  await prepareWorkload(order.workload);
  process.send?.({});
} else {
  const contender = await loadContender(order.row);
  const { label } = contender;
  const stage = { folder: order.folder, workload: order.workload };
  if (order.phase === "build" && contender.build !== undefined) {
    await rm(stage.folder, { recursive: true, force: true });
    await mkdir(stage.folder, { recursive: true });
    process.send?.({ label, build: await measureBuild(contender.build, stage) });
  } else if (order.phase === "search") {
    process.send?.({ label, search: await measureSearch(contender, stage) });
  } else if (order.phase === "append" && contender.append !== undefined) {
    process.send?.({ label, append: await measureAppend(contender, contender.append, stage) });
  } else {
    process.send?.({ label });
  }
}
// Engines leave threads behind that would hold the process open.
process.disconnect();
process.exit();

import type { PipelineSnapshot } from "../../embedding/read-pipeline.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { activeLog } from "../active-log.ts";
import type { GenerationManifest } from "../generation-manifest.ts";
import type { IndexDefinition } from "../index-definition.ts";
import { findReadableManifest } from "./find-parent.ts";

/**
 * What it cost to embed what is new in a generation beside the one that serves. Not known of vectors that came with
 * their rows, of a pipeline that was not counted from the start, and beside another model's, whose sample was paid for
 * before there was a pipeline.
 */
export async function priceGeneration(options: {
  store: ObjectStore;
  definition: IndexDefinition;
  snapshot: Pick<PipelineSnapshot, "spentUsd">;
}): Promise<Pick<GenerationManifest, "spentUsd" | "costUsd">> {
  const { store, definition, snapshot } = options;
  const { spentUsd } = snapshot;
  if (spentUsd === undefined) return { costUsd: null };
  const { index, pipeline } = definition;
  const head = await activeLog(store, index).head();
  if (head === undefined) return { spentUsd, costUsd: spentUsd };
  const serving = await findReadableManifest(store, index, head.document.generation);
  const before = serving?.snapshot.pipeline === pipeline ? serving?.spentUsd : undefined;
  return { spentUsd, costUsd: before === undefined ? null : difference(spentUsd, before) };
}

/** Nano-dollars, in which money is counted: smaller parts are the rounding of sums. */
function difference(spentUsd: number, before: number): number {
  return Math.max(0, Math.round((spentUsd - before) * 1e9) / 1e9);
}

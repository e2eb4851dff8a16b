import { rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { vectorFolder } from "../../generation/format/row-store-layout.ts";
import { generationPrefix } from "../../generation/generation-keys.ts";
import type { GenerationManifest } from "../../generation/generation-manifest.ts";
import type { LocalStore } from "../../storage/local-store.ts";
import { buildKey } from "../configuration-key.ts";
import { type TrialGraph, trialGraphFile, trialGraphKey } from "../trial-graph.ts";

/**
 * The graph of a verified generation as a trial's: its files are linked into the cache, and nothing is built. Undefined
 * where the trial asks for another build, or the generation is not one whole graph over all of its chunks. `buildMs` is
 * then the generation's, words and rows included, and that of the graph where it was taken from a trial.
 */
export async function shareServingGraph(options: {
  store: LocalStore;
  manifest: GenerationManifest;
  /** What the trial's graph is to be known by. */
  facts: Pick<TrialGraph, "corpus" | "build" | "sampleShare" | "seed" | "dimension">;
}): Promise<TrialGraph | undefined> {
  const { store, manifest, facts } = options;
  const { index, generation, vectorCount, parameters, buildDurationMs, takenGraph } = manifest;
  const buildMs = buildDurationMs + (takenGraph?.buildMs ?? 0);
  const part = wholeSegment(manifest);
  if (part === undefined || facts.sampleShare !== 1 || facts.build !== buildKey(parameters)) return undefined;
  const prefix = `${generationPrefix(index, generation)}/${part}`;
  const folder = await store.scratch();
  try {
    const files = manifest.files
      .filter((file) => file.path.startsWith(`${part}/`))
      .map((file) => ({ ...file, path: file.path.slice(part.length + 1) }));
    for (const file of files) await store.reuse(`${prefix}/${file.path}`, path.join(folder, file.path));
    const graph: TrialGraph = { schemaVersion: 1, ...facts, vectorCount, buildMs, files };
    await writeFile(path.join(folder, trialGraphFile), `${JSON.stringify(graph)}\n`);
    await store.publish(folder, trialGraphKey({ index, ...facts }));
    return graph;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The folder of the vectors of the only segment, all of whose chunks live and are in its graph. */
function wholeSegment({ segments }: GenerationManifest): string | undefined {
  const [segment, ...others] = segments;
  if (segment === undefined || others.length > 0 || segment.flat || segment.deadCount > 0) return undefined;
  return path.posix.join(segment.folder, vectorFolder);
}

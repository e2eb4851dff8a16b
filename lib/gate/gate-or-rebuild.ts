import { DomainError } from "../errors/domain-error.ts";
import { buildGeneration } from "../generation/build/build-generation.ts";
import { findManifest } from "../generation/read-manifest.ts";
import type { IndexParameters } from "../vector/index-parameters.ts";
import { type GateOptions, type GateOutcome, gateGeneration } from "./gate-generation.ts";

/**
 * Gates a generation. One that was appended to another and is refused is built whole, of the vectors that are there,
 * and gated instead: what was added bit by bit may have drifted from what it was added to, and only a build mends that.
 * Throws as `gateGeneration` does where the whole one is refused as well.
 */
export async function gateOrRebuild(
  options: GateOptions & {
    locks: string;
    parameters?: IndexParameters | undefined;
    /** Told why, before the build begins. */
    onRebuild?: ((refusal: DomainError) => void) | undefined;
  },
): Promise<GateOutcome> {
  try {
    return await gateGeneration(options);
  } catch (error) {
    if (!(error instanceof DomainError && error.type === "gate-failed")) throw error;
    if (!(await wasAppended(options))) throw error;
    options.onRebuild?.(error);
    const { manifest } = await buildGeneration(options);
    return gateGeneration({ ...options, generation: manifest.generation });
  }
}

async function wasAppended({ store, index, generation }: GateOptions): Promise<boolean> {
  try {
    return ((await findManifest(store, index, generation))?.manifest.parent ?? null) !== null;
  } catch (error) {
    // What cannot be read is not mended by another build of it: the build step removes it.
    if (error instanceof DomainError && error.kind === "corrupt") return false;
    throw error;
  }
}

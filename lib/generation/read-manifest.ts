import { DomainError } from "../errors/domain-error.ts";
import { checksumBytes } from "../storage/checksum.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { generationName } from "./generation-id.ts";
import { manifestKey } from "./generation-keys.ts";
import { GenerationManifest } from "./generation-manifest.ts";

export interface StoredManifest {
  manifest: GenerationManifest;
  checksum: string;
}

/**
 * The manifest of a published generation, with the checksum of its bytes. What does not exist, or was never published,
 * is `not-found`, `generation-missing`; what does not fit its schema or its place is `corrupt`, `generation-damaged`.
 */
export async function readManifest(
  store: ObjectStore,
  index: string,
  generation: string,
): Promise<StoredManifest> {
  const found = await findManifest(store, index, generation);
  if (found !== undefined) return found;
  throw new DomainError({
    kind: "not-found",
    type: "generation-missing",
    field: "generation",
    message: `The index ${index} has no generation ${JSON.stringify(generation.slice(0, 100))}.`,
    remedy: "List the index's generations.",
  });
}

/** Like `readManifest`, with undefined for a generation that does not exist. */
export async function findManifest(
  store: ObjectStore,
  index: string,
  generation: string,
): Promise<StoredManifest | undefined> {
  if (!generationName.test(generation)) return undefined;
  const key = manifestKey(index, generation);
  if ((await store.size(key)) === undefined) return undefined;
  const bytes = await store.get(key);
  const parsed = GenerationManifest.safeParse(parse(bytes));
  if (!parsed.success) throw damagedGeneration(key, "does not fit its schema", parsed.error);
  if (parsed.data.index !== index || parsed.data.generation !== generation) {
    throw damagedGeneration(key, `describes ${parsed.data.generation} of ${parsed.data.index}`);
  }
  return { manifest: parsed.data, checksum: checksumBytes(bytes) };
}

export function damagedGeneration(key: string, problem: string, cause?: unknown): DomainError {
  return new DomainError({
    kind: "corrupt",
    type: "generation-damaged",
    message: `"${key}" ${problem}.`,
    place: { file: key },
    remedy: "Roll the index back to an intact generation, or build this one again.",
    cause,
  });
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch (error) {
    // Whatever is no JSON is no manifest either; the schema then says so.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

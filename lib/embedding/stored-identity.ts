import { z } from "zod";
import { DomainError } from "../errors/domain-error.ts";
import { checksumBytes } from "../storage/checksum.ts";
import type { ObjectStore } from "../storage/object-store.ts";

/** What a model was when its first vector came into the bucket; `embedders/<hash of its id>.json`, never changed. */
const ModelIdentity = z.strictObject({
  schemaVersion: z.literal(1),
  embedderId: z.string(),
  dimension: z.int().positive(),
  /** As its server names this build; null where it names none. */
  digest: z.string().nullable(),
  /** The vector of a known text, in base64: what tells builds apart that have no digest. */
  sample: z.string(),
  at: z.string(),
});
export type ModelIdentity = z.infer<typeof ModelIdentity>;

/** Throws `corrupt`, `embedder-identity`. */
export async function readIdentity(
  store: ObjectStore,
  embedderId: string,
): Promise<ModelIdentity | undefined> {
  const key = keyOf(embedderId);
  return (await store.size(key)) === undefined ? undefined : parseIdentity(key, await store.get(key));
}

/** Keeps the one that is there already, and gives the one that counts. */
export async function writeIdentity(store: ObjectStore, identity: ModelIdentity): Promise<ModelIdentity> {
  const { embedderId } = identity;
  await store.putIfAbsent(keyOf(embedderId), new TextEncoder().encode(`${JSON.stringify(identity)}\n`));
  return (await readIdentity(store, embedderId)) ?? identity;
}

/** What of the models that the bucket knows cannot be read. */
export async function* verifyIdentities(store: ObjectStore): AsyncGenerator<DomainError, void, undefined> {
  for await (const { key } of store.list("embedders/")) {
    try {
      parseIdentity(key, await store.get(key));
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      yield error;
    }
  }
}

function keyOf(embedderId: string): string {
  return `embedders/${checksumBytes(embedderId).replace("blake3:", "")}.json`;
}

function parseIdentity(key: string, bytes: Uint8Array): ModelIdentity {
  const parsed = ModelIdentity.safeParse(parseJson(new TextDecoder().decode(bytes)));
  if (parsed.success && keyOf(parsed.data.embedderId) === key) return parsed.data;
  throw new DomainError({
    kind: "corrupt",
    type: "embedder-identity",
    message: "What is known of a model cannot be read.",
    place: { file: key },
    remedy: `Remove ${key} if the models are still those that made the vectors.`,
    cause: parsed.error,
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

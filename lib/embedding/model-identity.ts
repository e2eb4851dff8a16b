import { DomainError } from "../errors/domain-error.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import type { EmbedBatchOptions, EmbeddingProvider, ModelServing } from "./embedding-provider.ts";
import { type ModelIdentity, readIdentity, writeIdentity } from "./stored-identity.ts";

const sampleText = "Every chunk of a corpus is embedded by one build of one model.";
/** One build gives one vector but for rounding, which differs between CPUs, GPUs and batch sizes. */
const sameCosine = 0.999;

interface Identifying {
  store: ObjectStore;
  provider: EmbeddingProvider;
  signal?: AbortSignal | undefined;
  /** Told of what it costs to have the known text embedded. */
  onUsage?: EmbedBatchOptions["onUsage"];
}

/**
 * Refuses (`conflict`, `embedder-changed`) a model that is not the one of before under the same id, and remembers one
 * that is new. The answer asks the server again whether it still serves that build, where it names its builds.
 */
export async function confirmModel(options: Identifying): Promise<() => Promise<void>> {
  const { store, provider, signal } = options;
  const { serving } = provider;
  if (serving === undefined) return async () => undefined;
  const known = (await readIdentity(store, provider.embedderId)) ?? (await remember(options, serving));
  await compare(known, { ...options, serving });
  return async () => assertDigest(known, await serving.digest(signal));
}

/** Asks `confirmModel` when it is first called, and its answer from then on: a run that needs no vector asks nothing. */
export function confirmWhenAsked(options: Identifying): () => Promise<void> {
  let confirming: Promise<() => Promise<void>> | undefined;
  return async () => {
    confirming ??= confirmModel(options);
    await (await confirming)();
  };
}

/** The same for who only reads the bucket; a model without any vector there is as good as any. */
export async function checkModel({ store, provider, signal }: Identifying): Promise<void> {
  const { serving } = provider;
  const known = serving && (await readIdentity(store, provider.embedderId));
  if (known !== undefined) await compare(known, { provider, serving: provider.serving!, signal });
}

async function remember(
  { store, provider, signal, onUsage }: Identifying,
  serving: ModelServing,
): Promise<ModelIdentity> {
  const { embedderId, dimension } = provider;
  const digest = (await serving.digest(signal)) ?? null;
  const vector = await provider.embedBatch([sampleText], { signal, onUsage });
  const sample = Buffer.from(vector.buffer).toString("base64");
  const at = new Date().toISOString();
  const identity: ModelIdentity = { schemaVersion: 1, embedderId, dimension, digest, sample, at };
  return writeIdentity(store, identity);
}

async function compare(
  known: ModelIdentity,
  { provider, serving, signal, onUsage }: Omit<Identifying, "store"> & { serving: ModelServing },
): Promise<void> {
  if (known.dimension !== provider.dimension) throw changed(known, `it had ${known.dimension} values`);
  const digest = await serving.digest(signal);
  if (digest !== undefined && known.digest !== null) return assertDigest(known, digest);
  const bytes = Buffer.from(known.sample, "base64");
  const vector = await provider.embedBatch([sampleText], { signal, onUsage });
  const product = vector.reduce((sum, value, place) => sum + value * bytes.readFloatLE(place * 4), 0);
  if (product < sameCosine) throw changed(known, "it gave another vector for the same text");
}

function assertDigest(known: ModelIdentity, digest: string | undefined): void {
  if (digest === undefined || known.digest === null || digest === known.digest) return;
  throw changed(known, `its digest was ${known.digest.slice(0, 12)} and is ${digest.slice(0, 12)}`);
}

function changed({ embedderId, at }: ModelIdentity, how: string): DomainError {
  return new DomainError({
    kind: "conflict",
    type: "embedder-changed",
    field: "embedder",
    message: `The model behind ${embedderId} is not the one of ${at}: ${how}. Vectors of both cannot be compared.`,
    remedy: "Serve the old build again, or name the new one by another revision in the file of models.",
  });
}

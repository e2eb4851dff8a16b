import type { EmbeddingProvider } from "../embedding/embedding-provider.ts";
import { type OpenProvider, openInline } from "../embedding/open-provider.ts";
import { DomainError } from "../errors/domain-error.ts";
import type { GateCheck } from "../generation/certificate.ts";
import type { ProbeVectors } from "../generation/format/probe-vectors.ts";
import type { GenerationManifest } from "../generation/generation-manifest.ts";
import type { IndexDefinition } from "../generation/index-definition.ts";
import type { OpenGeneration } from "../generation/read/open-generation.ts";
import { canonicalJson } from "../storage/canonical-json.ts";
import { checksumBytes } from "../storage/checksum.ts";
import { equals } from "./gate-check.ts";
import { evenly } from "./gate-queries.ts";

/** One would do where the model is another; eight also find a mixture of two. */
const sampleCount = 8;
/** The same model gives the same vector but for rounding, also where it was stored in single precision. */
const sameCosine = 0.999;

/** The generation is one of the index as it is defined: of its dataset, and embedded by its model. */
export function checkDefinition(manifest: GenerationManifest, definition: IndexDefinition): GateCheck[] {
  const { dataset, embedderId, modelId, modelRevision } = manifest;
  return [
    equals("dataset", dataset, definition.dataset, "the dataset it was built from against the index's"),
    equals(
      "model",
      embedderId,
      definition.embedderId,
      "the model that embedded this generation against the one the index is defined with",
    ),
    equals("model-name", `${modelId}@${modelRevision}`, embedderId, "the manifest's two names of its model"),
  ];
}

/**
 * Embeds the texts of a few chunks again: the stored vectors must be what the model of that name makes of them. No
 * check where this machine does not have the model.
 */
export async function checkModelVectors(
  { manifest, rows }: OpenGeneration,
  { ordinals, vectors }: ProbeVectors,
  providers: OpenProvider = openInline,
): Promise<GateCheck[]> {
  const provider = providerOf(manifest.embedderId, providers);
  if (provider === undefined) return [];
  try {
    const { dimension } = manifest;
    if (provider.dimension !== dimension) {
      return [
        equals("model-vectors", dimension, provider.dimension, "values in a vector, stored and by the model"),
      ];
    }
    const places = evenly(Array.from(ordinals.keys()), sampleCount);
    const chunks = rows.fetch(places.map((place) => ordinals[place] ?? 0));
    const fresh = await provider.embedBatch(chunks.map(({ text }) => text));
    const same = chunks.filter((_, position) => {
      const from = (places[position] ?? 0) * dimension;
      let product = 0;
      for (let value = 0; value < dimension; value += 1) {
        product += (vectors[from + value] ?? 0) * (fresh[position * dimension + value] ?? 0);
      }
      return product >= sameCosine;
    });
    const detail = `stored vectors that ${manifest.embedderId} makes of the same texts`;
    return [equals("model-vectors", same.length, chunks.length, detail)];
  } finally {
    await provider.close();
  }
}

/** Two generations of one digest can be searched with one query vector. */
export function modelDigestOf(manifest: GenerationManifest): string {
  const { embedderId, modelId, modelRevision, dimension, metric } = manifest;
  return checksumBytes(canonicalJson({ embedderId, modelId, modelRevision, dimension, metric }));
}

function providerOf(embedderId: string, providers: OpenProvider): EmbeddingProvider | undefined {
  try {
    return providers(embedderId);
  } catch (error) {
    if (error instanceof DomainError && error.type === "embedder-unknown") return undefined;
    throw error;
  }
}

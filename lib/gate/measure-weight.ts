import { measureFusion } from "../evaluation/measure-fusion.ts";
import type { Certificate } from "../generation/certificate.ts";
import type { OpenGeneration } from "../generation/read/open-generation.ts";
import { createQueryEmbedder } from "../search/embed-query.ts";
import type { QuerySource } from "./gate-queries.ts";

/** The weight of words that the eval set proves better, or the index's own. */
export async function measureWeight(
  opened: OpenGeneration,
  { evalSet: set, manifest, providers, signal }: QuerySource,
): Promise<Certificate["fusion"]> {
  if (set === undefined) return { ...manifest.fusion, measured: false };
  const embedder = createQueryEmbedder(providers);
  try {
    const embed: typeof embedder.embed = (text, index) => embedder.embed(text, index);
    const { method, lexicalWeight, kept } = await measureFusion({ opened, set, embed, providers, signal });
    return { method, lexicalWeight, measured: kept === "measured" };
  } finally {
    await embedder.close();
  }
}

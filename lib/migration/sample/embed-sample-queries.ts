import { isBroughtEmbedder } from "../../embedding/brought-embedder.ts";
import type { OpenProvider } from "../../embedding/open-provider.ts";
import { canEmbed } from "../../evaluation/held-out-queries.ts";
import { createQueryEmbedder } from "../../search/embed-query.ts";
import type { HoldModel } from "./sample-migration.ts";

/** The queries' vectors by one model; undefined where nobody here makes vectors of it. */
export async function embedSampleQueries(options: {
  texts: readonly string[];
  embedderId: string;
  providers: OpenProvider;
  hold: HoldModel;
}): Promise<(Float32Array | undefined)[] | undefined> {
  const { texts, embedderId, providers, hold } = options;
  if (isBroughtEmbedder(embedderId) || !(await canEmbed(embedderId, providers))) return undefined;
  const provider = providers(embedderId);
  const { dimension } = provider;
  await provider.close();
  return hold(embedderId, async ({ signal }) => {
    const embedder = createQueryEmbedder(providers);
    try {
      const vectors: (Float32Array | undefined)[] = [];
      for (const text of texts) {
        signal.throwIfAborted();
        vectors.push(await embedder.embed(text, { embedderId, dimension }));
      }
      return vectors;
    } finally {
      await embedder.close();
    }
  });
}

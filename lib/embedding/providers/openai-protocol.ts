import { z } from "zod";
import { type AnsweredVector, collectVectors } from "./collect-vectors.ts";
import type { ModelProtocol } from "./model-provider.ts";
import { askServer, type ModelServer } from "./model-server.ts";
import { failedError } from "./provider-errors.ts";

/** Checking every number of every vector here would cost as much as all the rest; `collectVectors` reads them once. */
const Vector = z.custom<AnsweredVector["values"]>(
  (value) => typeof value === "string" || Array.isArray(value),
);

const Answer = z.object({
  data: z.array(z.object({ index: z.number(), embedding: Vector })),
  usage: z.object({ prompt_tokens: z.number().optional(), total_tokens: z.number().optional() }).optional(),
});

/** As text a number takes about 13 bytes; twice that, and room for what stands around the vectors. */
const bytesPerValue = 26;
const bytesAround = 1_000_000;

/**
 * `POST <url>/embeddings` as OpenAI, Novita AI, vLLM, llama.cpp, LM Studio and TEI have it. Vectors are asked for in
 * base64, a third of the bytes; a server that does not know it sends numbers, which are read as well. Nothing in the
 * protocol tells which build of a model is served, so there is no digest.
 */
export function openAiProtocol(
  server: ModelServer,
  { model, dimension }: { model: string; dimension: number },
): ModelProtocol {
  return {
    async embed(texts, signal) {
      const answer = Answer.safeParse(
        await askServer(server, {
          path: "/embeddings",
          body: { model, input: texts, encoding_format: "base64" },
          bytesMax: texts.length * dimension * bytesPerValue + bytesAround,
          signal,
        }),
      );
      if (!answer.success) throw failedError(server.provider, "the answer holds no embeddings");
      const { data, usage } = answer.data;
      const given = data.map(({ index, embedding }) => ({ index, values: embedding }));
      const { provider } = server;
      const vectors = collectVectors(given, { provider, textCount: texts.length, dimension });
      // Some servers that do not count say 0.
      return { vectors, tokens: usage?.prompt_tokens || usage?.total_tokens || undefined };
    },
    digest: async () => undefined,
  };
}

import { z } from "zod";
import { DomainError } from "../../errors/domain-error.ts";
import { type AnsweredVector, collectVectors } from "./collect-vectors.ts";
import type { ModelProtocol } from "./model-provider.ts";
import { askServer, type ModelServer } from "./model-server.ts";
import { failedError } from "./provider-errors.ts";

const Vector = z.custom<AnsweredVector["values"]>((value) => Array.isArray(value));
const Answer = z.object({ embeddings: z.array(Vector), prompt_eval_count: z.number().optional() });
const Tags = z.object({ models: z.array(z.object({ name: z.string(), digest: z.string() })) });

/** As text a number takes about 13 bytes; twice that, and room for what stands around the vectors. */
const bytesPerValue = 26;
const bytesAround = 1_000_000;
/** A list of some thousand models. */
const tagsBytesMax = 8_000_000;

/** `POST /api/embed`, told to refuse a text that is too long instead of cutting it. The digest is that of `/api/tags`. */
export function ollamaProtocol(
  server: ModelServer,
  settings: { model: string; dimension: number; tokensMax: number },
): ModelProtocol {
  const { provider } = server;
  const { model, dimension, tokensMax } = settings;
  return {
    async embed(texts, signal) {
      const answer = Answer.safeParse(
        await askServer(server, {
          path: "/api/embed",
          // Without it the model is loaded with a window of its own choice, often a small part of what it can read.
          body: { model, input: texts, truncate: false, options: { num_ctx: tokensMax } },
          bytesMax: texts.length * dimension * bytesPerValue + bytesAround,
          signal,
        }),
      );
      if (!answer.success) throw failedError(provider, "the answer holds no embeddings");
      const given = answer.data.embeddings.map((values, index) => ({ index, values }));
      const vectors = collectVectors(given, { provider, textCount: texts.length, dimension });
      return { vectors, tokens: answer.data.prompt_eval_count || undefined };
    },
    async digest(signal) {
      const tags = Tags.safeParse(
        await askServer(server, { path: "/api/tags", bytesMax: tagsBytesMax, signal }),
      );
      if (!tags.success) throw failedError(provider, "its list of models cannot be read");
      const found = tags.data.models.find(({ name }) => name === model || name === `${model}:latest`);
      if (found === undefined) throw modelMissing(provider, model);
      return found.digest;
    },
  };
}

function modelMissing(provider: string, model: string): DomainError {
  return new DomainError({
    kind: "not-found",
    type: "provider-model-missing",
    message: `The provider ${provider} does not have the model ${model}.`,
    remedy: `Load it there with: ollama pull ${model}`,
  });
}

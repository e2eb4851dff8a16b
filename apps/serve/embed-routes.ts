import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { EmbeddingProvider } from "@lakefleet/lib/embedding/embedding-provider.ts";
import { createModelCheck } from "@lakefleet/lib/embedding/model-check.ts";
import { DomainError } from "@lakefleet/lib/errors/domain-error.ts";
import { answers, jsonBody } from "@lakefleet/lib/http/answers.ts";
import { scopedBy } from "@lakefleet/lib/profile/scope/declare-scope.ts";
import type { ServeDependencies } from "./dependencies.ts";

/** A page of queries; a corpus goes through the pipeline, where it is cached, accounted for and resumed. */
const textsMax = 256;
const Text = z.string().min(1).max(32_768);
const EmbedderId = z.string().min(1).max(300);

const EmbedAnswer = z
  .object({
    embedder: z.string(),
    dimension: z.int(),
    vectors: z.array(z.array(z.number())),
    /** Null where the embedder does not count. */
    tokens: z.int().nullable(),
    cost_usd: z.number(),
  })
  .openapi("EmbedAnswer");

const embed = createRoute({
  ...scopedBy({ embedders: ["json.embedder"] }),
  method: "post",
  path: "/ai/embed",
  tags: ["models"],
  summary: "Vectors of a few texts, by an embedder that the fleet has",
  request: {
    body: jsonBody(
      z
        .strictObject({
          embedder: EmbedderId,
          texts: z.array(Text).min(1).max(textsMax),
          purpose: z.enum(["document", "query"]).default("document"),
        })
        .openapi("EmbedRequest"),
    ),
  },
  responses: answers(200, EmbedAnswer, "One vector of length 1 for each text, in their order"),
});

const Usage = z.object({ prompt_tokens: z.int(), total_tokens: z.int() });

const openAiEmbeddings = createRoute({
  ...scopedBy({ embedders: ["json.model"] }),
  method: "post",
  path: "/v1/embeddings",
  tags: ["models"],
  summary: "The same as OpenAI's clients ask for it; the model is an embedder's id, the input are documents",
  request: {
    body: jsonBody(
      z
        .object({
          model: EmbedderId,
          input: z.union([Text, z.array(Text).min(1).max(textsMax)]),
          encoding_format: z.enum(["float", "base64"]).default("float"),
        })
        .openapi("OpenAiEmbeddingsRequest"),
    ),
  },
  responses: answers(
    200,
    z.object({
      object: z.literal("list"),
      model: z.string(),
      data: z.array(
        z.object({
          object: z.literal("embedding"),
          index: z.int(),
          embedding: z.union([z.array(z.number()), z.string()]),
        }),
      ),
      usage: Usage,
    }),
    "One vector of length 1 for each input, in their order",
  ),
});

export function mountEmbedRoutes(app: OpenAPIHono, { store, embedders }: ServeDependencies): void {
  const providers = new Map<string, EmbeddingProvider>();
  const check = createModelCheck(store);
  const providerOf = (embedderId: string) => {
    const provider = providers.get(embedderId) ?? embedders.open(embedderId, { threads: 0 });
    providers.set(embedderId, provider);
    return provider;
  };
  const embedTexts = async (embedderId: string, texts: string[], options: EmbedOptions) => {
    const provider = providerOf(embedderId);
    await check(provider);
    return embedAll(provider, texts, options);
  };
  app.openapi(embed, async (context) => {
    const { embedder, texts, purpose } = context.req.valid("json");
    const { signal } = context.req.raw;
    const { vectors, tokens, costUsd } = await embedTexts(embedder, texts, { purpose, signal });
    const dimension = vectors[0]?.length ?? 0;
    const numbers = vectors.map((vector) => Array.from(vector));
    return context.json(
      { embedder, dimension, vectors: numbers, tokens: tokens ?? null, cost_usd: costUsd },
      200,
    );
  });
  app.openapi(openAiEmbeddings, async (context) => {
    const { model, input, encoding_format: encoding } = context.req.valid("json");
    const { signal } = context.req.raw;
    const texts = typeof input === "string" ? [input] : input;
    const { vectors, tokens = 0 } = await embedTexts(model, texts, { purpose: "document", signal });
    const data = vectors.map((vector, index) => ({
      object: "embedding" as const,
      index,
      embedding: encoding === "float" ? Array.from(vector) : base64(vector),
    }));
    const usage = { prompt_tokens: tokens, total_tokens: tokens };
    return context.json({ object: "list" as const, model, data, usage }, 200);
  });
}

interface EmbedOptions {
  purpose: "document" | "query";
  signal: AbortSignal;
}

async function embedAll(provider: EmbeddingProvider, texts: string[], options: EmbedOptions) {
  let tokens: number | undefined;
  let costUsd = 0;
  const joined = await provider.embedBatch(texts, {
    ...options,
    onUsage(usage) {
      if (usage.tokens !== undefined) tokens = (tokens ?? 0) + usage.tokens;
      costUsd += usage.costUsd;
    },
  });
  const { dimension } = provider;
  const vectors = texts.map((_, place) => joined.subarray(place * dimension, (place + 1) * dimension));
  const empty = vectors.findIndex((vector) => vector.every((value) => value === 0));
  if (empty !== -1) throw featureless(empty);
  return { vectors, tokens, costUsd };
}

function base64(vector: Float32Array): string {
  return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString("base64");
}

function featureless(place: number): DomainError {
  return new DomainError({
    kind: "invalid",
    type: "text-featureless",
    message: `The embedder finds nothing in text ${place + 1} that a vector could be made of.`,
    place: { row: place + 1 },
    remedy: "Send texts with a letter or a digit.",
  });
}

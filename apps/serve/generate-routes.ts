import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { GenerateOptions, Generator } from "@lakefleet/lib/answer/generator.ts";
import type { ChatMessage } from "@lakefleet/lib/answer/protocols/chat-protocol.ts";
import { answersOrEvents, streamAnswer } from "@lakefleet/lib/http/answer-events.ts";
import { answers, jsonBody } from "@lakefleet/lib/http/answers.ts";
import { scopedBy } from "@lakefleet/lib/profile/scope/declare-scope.ts";
import type { ServeDependencies } from "./dependencies.ts";

/** The generator's own limit is in tokens; this bounds what is counted. */
const textLengthMax = 1_000_000;
const messagesMax = 200;
/** A page of hits; a corpus is searched, not reranked. */
const documentsMax = 256;

const ModelId = z.string().min(1).max(200);
const Text = z.string().min(1).max(textLengthMax);

const GenerateRequest = z
  .strictObject({
    generator: ModelId,
    prompt: Text.optional(),
    messages: z
      .array(z.strictObject({ role: z.enum(["system", "user", "assistant"]), content: Text }))
      .min(1)
      .max(messagesMax)
      .optional(),
    stream: z.boolean().default(false),
  })
  .refine(({ prompt, messages }) => (prompt === undefined) !== (messages === undefined), {
    path: ["prompt"],
    message: "a request has either a prompt or messages",
  })
  .openapi("GenerateRequest");

const GenerateAnswer = z
  .object({
    generator: z.string(),
    text: z.string(),
    finish: z.enum(["stop", "length"]).openapi({ description: "length: cut off at the generator's limit" }),
    /** Null where the server does not count. */
    usage: z.object({
      prompt_tokens: z.int().nullable(),
      output_tokens: z.int().nullable(),
      cost_usd: z.number(),
    }),
  })
  .openapi("GenerateAnswer");

const generate = createRoute({
  ...scopedBy({ generators: ["json.generator"] }),
  method: "post",
  path: "/ai/generate",
  tags: ["models"],
  summary: "A text by a generator that the fleet has",
  request: { body: jsonBody(GenerateRequest) },
  responses: answersOrEvents(GenerateAnswer, "The text"),
});

const rerank = createRoute({
  method: "post",
  path: "/ai/rerank",
  tags: ["models"],
  summary: "Documents in the order in which they answer a query, by a reranker that the fleet has",
  request: {
    body: jsonBody(
      z
        .strictObject({
          reranker: ModelId,
          query: z.string().min(1).max(10_000),
          documents: z.array(z.string().min(1).max(32_768)).min(1).max(documentsMax),
          top_n: z.int().min(1).max(documentsMax).optional(),
        })
        .openapi("RerankRequest"),
    ),
  },
  responses: answers(
    200,
    z
      .object({
        reranker: z.string(),
        results: z.array(z.object({ index: z.int(), score: z.number() })),
        /** Null where the server does not count. */
        tokens: z.int().nullable(),
        cost_usd: z.number(),
      })
      .openapi("RerankAnswer"),
    "The places of the documents in the request, best first",
  ),
});

export function mountGenerateRoutes(app: OpenAPIHono, { models, telemetry }: ServeDependencies): void {
  app.openapi(generate, async (context) => {
    const { generator: id, prompt = "", messages, stream } = context.req.valid("json");
    const generator = models.generator(id);
    const asked = messages ?? [{ role: "user" as const, content: prompt }];
    if (!stream) {
      const { signal } = context.req.raw;
      return context.json(await generateWith(id, generator, asked, { signal }), 200);
    }
    return streamAnswer(context, {
      telemetry,
      run: (onToken, signal) => generateWith(id, generator, asked, { onToken, signal }),
    });
  });
  app.openapi(rerank, async (context) => {
    const { reranker: id, query, documents, top_n: count } = context.req.valid("json");
    const { order, scores, tokens, costUsd } = await models
      .reranker(id)
      .rerank(query, documents, context.req.raw.signal);
    const results = order.slice(0, count).map((index) => ({ index, score: scores[index] ?? 0 }));
    return context.json({ reranker: id, results, tokens: tokens ?? null, cost_usd: costUsd }, 200);
  });
}

async function generateWith(
  id: string,
  generator: Generator,
  messages: readonly ChatMessage[],
  options: GenerateOptions,
): Promise<z.infer<typeof GenerateAnswer>> {
  const { text, finish, promptTokens, outputTokens, costUsd } = await generator.generate(messages, options);
  const usage = {
    prompt_tokens: promptTokens ?? null,
    output_tokens: outputTokens ?? null,
    cost_usd: costUsd,
  };
  return { generator: id, text, finish, usage };
}

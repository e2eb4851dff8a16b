import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { tokenEstimateMethod } from "@lakefleet/lib/embedding/estimate-tokens.ts";
import type { ProviderSpend } from "@lakefleet/lib/guard/read-spend.ts";
import { answers, jsonBody } from "@lakefleet/lib/http/answers.ts";
import { type EmbeddingQuote, quoteRequest } from "@lakefleet/lib/ingest/quote-request.ts";
import { DatasetName, IndexName } from "@lakefleet/queues/names.ts";
import type { ApiDependencies } from "./dependencies.ts";
import { readProviderSpend } from "./provider-spend.ts";

const Spend = z
  .object({
    provider: z.string(),
    day: z.string().openapi({ description: "UTC, by the clock of Redis" }),
    spent_usd: z.number(),
    reserved_usd: z.number().openapi({ description: "For calls under way, or whose end nobody knows" }),
    cap_usd: z.number().nullable(),
    remaining_usd: z.number().nullable(),
    by_model: z.array(z.object({ model: z.string(), spent_usd: z.number() })),
  })
  .openapi("ProviderSpend");

const readToday = createRoute({
  method: "get",
  path: "/ai/spend",
  tags: ["models"],
  summary: "What each provider was paid today, what is set aside, and what is left of the day's cap",
  responses: answers(200, z.object({ providers: z.array(Spend) }), "The spend"),
});

const QuoteBody = z
  .strictObject({
    index: IndexName.optional(),
    dataset: DatasetName.optional(),
    embedder: z.string().max(200).optional(),
    text_columns: z.array(z.string().max(256)).min(1).max(64).optional(),
    chunk_size: z.int().min(32).max(32_768).default(1_000),
    overlap: z.int().nonnegative().max(16_384).default(100),
  })
  .openapi("QuoteRequest");

const Quote = z
  .object({
    dataset: z.string(),
    embedder: z.string(),
    provider: z.string().nullable(),
    rows: z.int(),
    exact: z.boolean().openapi({ description: "False where the first rows stand for all" }),
    chunks: z.int(),
    duplicates: z.int(),
    cached: z.int(),
    to_embed: z.int(),
    tokens: z.object({ estimated: z.int(), method: z.string() }),
    calls: z.int(),
    cost_usd: z.number(),
    seconds_min: z
      .number()
      .nullable()
      .openapi({ description: "By the provider's limits; null where it has none" }),
  })
  .openapi("Quote");

const quote = createRoute({
  method: "post",
  path: "/ai/quote",
  tags: ["models"],
  summary: "What embedding would cost, after duplicates and what is cached; nothing is sent",
  request: { body: jsonBody(QuoteBody) },
  responses: answers(200, Quote, "The quote"),
});

export function mountSpendRoutes(app: OpenAPIHono, dependencies: ApiDependencies): void {
  const { store, models } = dependencies;
  app.openapi(readToday, async (context) => {
    const spend = await readProviderSpend(dependencies);
    return context.json({ providers: spend.map(describeSpend) }, 200);
  });
  app.openapi(quote, async (context) => {
    const { text_columns, chunk_size, overlap, ...subject } = context.req.valid("json");
    const request = { ...subject, textColumns: text_columns, chunking: { size: chunk_size, overlap } };
    const answer = await quoteRequest(request, { store, models, signal: context.req.raw.signal });
    return context.json(describeQuote(answer), 200);
  });
}

function describeSpend({ provider, day, spent, reserved, cap, remaining, byModel }: ProviderSpend) {
  return {
    provider,
    day,
    spent_usd: spent,
    reserved_usd: reserved,
    cap_usd: cap ?? null,
    remaining_usd: remaining ?? null,
    by_model: byModel.map(({ model, spent: spent_usd }) => ({ model, spent_usd })),
  };
}

function describeQuote(answer: EmbeddingQuote): z.infer<typeof Quote> {
  const { toEmbed, tokens, costUsd, secondsMin, provider, ...rest } = answer;
  return {
    ...rest,
    provider: provider ?? null,
    to_embed: toEmbed,
    tokens: { estimated: tokens, method: tokenEstimateMethod },
    cost_usd: costUsd,
    seconds_min: secondsMin ?? null,
  };
}

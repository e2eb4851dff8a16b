import { readFileSync } from "node:fs";
import { z } from "zod";

const Name = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,30}$/, "lower-case letters, digits and -; begins with a letter")
  .refine((name) => name !== "import", "import is what vectors are called that came with their rows");

/** What a server calls the model: `BAAI/bge-m3`, `nomic-embed-text:v1.5`. */
const ModelName = z.string().regex(/^[^\s@]{1,200}$/, "1 to 200 characters without spaces and @");

const Limits = z.strictObject({
  requestsPerMinute: z.int().positive().optional(),
  tokensPerMinute: z.int().positive().optional(),
  /** Calls under way at a time from the whole fleet. A GPU is full with two; more only queue up in the server. */
  concurrency: z.int().min(1).max(64).default(2),
  /** A batch on a CPU takes seconds; past this a server hangs. */
  timeoutMs: z.int().min(100).max(3_600_000).default(60_000),
  /** Tries of one call before the job gives up for now. */
  attempts: z.int().min(1).max(10).default(5),
  /** Texts in one call; most servers refuse more than this. */
  textsPerCall: z.int().min(1).max(2_048).default(64),
  /** Tokens in one call, by a generous estimate, so that one call stays far below the timeout. */
  tokensPerCall: z.int().min(64).max(1_000_000).default(32_768),
});
export type ProviderLimits = z.infer<typeof Limits>;

const Provider = z
  .strictObject({
    kind: z.enum(["ollama", "openai", "onnx"]),
    /** For `openai` with the version in it, as its clients write it: `https://api.openai.com/v1`. */
    url: z.url({ protocol: /^https?$/, error: "an http:// or https:// address" }).optional(),
    /** For `onnx`: where the models lie, one folder each. Nothing is ever downloaded. */
    folder: z.string().min(1).optional(),
    /** The name of the key, not the key. */
    secret: z
      .string()
      .regex(/^[A-Z][A-Z0-9_]{0,63}$/, "capital letters, digits and _")
      .optional(),
    limits: Limits.default(() => Limits.parse({})),
    price: z.strictObject({ usdPerMillionTokens: z.number().nonnegative() }).optional(),
    dailyCapUsd: z.number().positive().optional(),
  })
  .superRefine((provider, context) => {
    const wanted = provider.kind === "onnx" ? "folder" : "url";
    if (provider[wanted] === undefined)
      context.addIssue({
        code: "custom",
        path: [wanted],
        message: `a provider of kind ${provider.kind} needs it`,
      });
  });
export type ProviderSettings = z.infer<typeof Provider>;

const Embedder = z.strictObject({
  provider: Name,
  model: ModelName,
  dimension: z.int().min(1).max(16_384),
  /** What the model reads of one text; the rest would be cut off without a word. */
  tokensMax: z.int().min(64).max(1_000_000),
  /** What the server must say it serves; a prefix of it is enough. */
  digest: z.string().min(8).max(200).optional(),
  /** For `onnx`: whether a text is the mean of its tokens or its first one, as the model was trained. */
  pooling: z.enum(["mean", "cls"]).default("mean"),
  queryPrefix: z.string().max(500).default(""),
  documentPrefix: z.string().max(500).default(""),
  /** Graphics memory that the model takes. One that declares it waits for one of the LAKEFLEET_GPU_SLOTS places. */
  vramMib: z.int().positive().optional(),
  /** Small enough to stay on the graphics card beside all others, so that it needs no place. */
  shared: z.boolean().default(false),
});
export type EmbedderSettings = z.infer<typeof Embedder>;

const Generator = z
  .strictObject({
    provider: Name,
    model: ModelName,
    /** What the model holds of one conversation, prompt and answer together. */
    tokensMax: z.int().min(512).max(10_000_000).default(8_192),
    /** Of these, what an answer may take; a longer one is cut off. */
    outputTokensMax: z.int().min(16).max(1_000_000).default(1_024),
    /** Null sends none, for models that refuse any but their own. */
    temperature: z.number().min(0).max(2).nullable().default(0),
    /** As an embedder's. */
    vramMib: z.int().positive().optional(),
    shared: z.boolean().default(false),
  })
  .refine(({ tokensMax, outputTokensMax }) => outputTokensMax <= tokensMax / 2, {
    path: ["outputTokensMax"],
    message: "at most half of tokensMax; the rest is for what is asked",
  });
export type GeneratorSettings = z.infer<typeof Generator>;

const Reranker = z.strictObject({
  provider: Name,
  model: ModelName,
  /** How its server is asked: `/rerank` below the url with documents, or beside it, as TEI has it, with texts. */
  protocol: z.enum(["jina", "tei"]).default("jina"),
});
export type RerankerSettings = z.infer<typeof Reranker>;

export const Models = z
  .strictObject({
    providers: z.record(Name, Provider).default({}),
    embedders: z.record(z.string(), Embedder).default({}),
    generators: z.record(z.string().min(1).max(200), Generator).default({}),
    rerankers: z.record(z.string().min(1).max(200), Reranker).default({}),
  })
  .superRefine(({ providers, ...models }, context) => {
    for (const kind of ["embedders", "generators", "rerankers"] as const) {
      for (const [id, { provider }] of Object.entries(models[kind])) {
        if (providers[provider] !== undefined) continue;
        context.addIssue({
          code: "custom",
          path: [kind, id, "provider"],
          message: `there is no provider ${provider}`,
        });
      }
    }
    for (const [kind, able] of [
      ["generators", ["ollama", "openai"]],
      ["rerankers", ["openai"]],
    ] as const) {
      for (const [id, { provider }] of Object.entries(models[kind])) {
        const found = providers[provider]?.kind;
        if (found === undefined || able.some((each) => each === found)) continue;
        const message = `a provider of kind ${found} has no ${kind}; use one of kind ${able.join(" or ")}`;
        context.addIssue({ code: "custom", path: [kind, id, "provider"], message });
      }
    }
    for (const [id, { provider, model, digest }] of Object.entries(models.embedders)) {
      if (digest !== undefined && providers[provider]?.kind === "openai") {
        const message = "a server of kind openai does not tell the digest of a model";
        context.addIssue({ code: "custom", path: ["embedders", id, "digest"], message });
      }
      const start = `${provider}:${model}@`;
      if (id.startsWith(start) && /^[A-Za-z0-9._-]{1,50}$/.test(id.slice(start.length))) continue;
      const message = `its id must be ${start} and a revision of letters, digits, ., _ and -`;
      context.addIssue({ code: "custom", path: ["embedders", id], message });
    }
  });
export type Models = z.infer<typeof Models>;

export type ModelsResult = { ok: true; models: Models } | { ok: false; problems: string[] };

/** Reads the file of models whole; a file that nobody asked for may be missing. All problems are reported together. */
export function readModels(file: string, options: { required: boolean }): ModelsResult {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
    if (isMissing && !options.required) return { ok: true, models: Models.parse({}) };
    return { ok: false, problems: [`${file}: ${isMissing ? "there is no such file" : "it cannot be read"}`] };
  }
  return parseModels(text, file);
}

function parseModels(text: string, file: string): ModelsResult {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, problems: [`${file}: it is no JSON`] };
  }
  const parsed = Models.safeParse(value);
  if (parsed.success) return { ok: true, models: parsed.data };
  return {
    ok: false,
    problems: parsed.error.issues.map(
      (issue) => `${file}: ${issue.path.join(".") || "it"}: ${issue.message}`,
    ),
  };
}

import { DomainError } from "../errors/domain-error.ts";
import type { SearchAnswer, SearchHit } from "../search/search-contract.ts";
import type { SearchService } from "../search/search-index.ts";
import type { QuestionAnswer, QuestionRequest } from "./answer-contract.ts";
import { buildPrompt, type Prompt } from "./build-prompt.ts";
import { checkAnswer, type DeclineReason } from "./check-answer.ts";
import type { GeneratedText, GenerateOptions, Generator } from "./generator.ts";
import type { AnswerModels } from "./open-answer-models.ts";

/** A question whose chunks are found, so that all that is left is to write. */
export interface ReadiedQuestion {
  found: SearchAnswer;
  /** Best first, by the reranker where there is one. */
  hits: SearchHit[];
  rerankCostUsd: number;
  generator: Generator;
  prompt: Prompt;
}

/**
 * Searches, reranks and builds the prompt; what is wrong with a request is thrown here, before anything is written. As
 * `search`, and `generator-unknown`, `reranker-unknown`, `prompt-too-long`.
 */
export async function readyQuestion(
  request: QuestionRequest,
  { search, models }: { search: Pick<SearchService, "search">; models: AnswerModels },
  signal: AbortSignal,
): Promise<ReadiedQuestion> {
  const { question, generator: generatorId, reranker: rerankerId, stream: _, ...wanted } = request;
  const generator = models.generator(generatorId);
  const reranker = rerankerId === undefined ? undefined : models.reranker(rerankerId);
  const found = await search.search({ ...wanted, query: question }, { signal });
  const texts = found.hits.map(({ text }) => text);
  const reranked = texts.length > 0 ? await reranker?.rerank(question, texts, signal) : undefined;
  const hits = reranked?.order.flatMap((place) => found.hits[place] ?? []) ?? found.hits;
  const prompt = buildPrompt(
    question,
    hits.map(({ text }) => text),
    generator.roomTokens,
  );
  if (hits.length > 0 && prompt.places.length === 0) throw noRoom(generatorId, generator.roomTokens);
  return { found, hits, rerankCostUsd: reranked?.costUsd ?? 0, generator, prompt };
}

/** Lets the model write, and checks what it wrote. Without any hit it is declined, and no model is asked. */
export async function answerQuestion(
  readied: ReadiedQuestion,
  options: GenerateOptions,
): Promise<QuestionAnswer> {
  const { hits, generator, prompt } = readied;
  if (hits.length === 0) return answerOf(readied, { reason: "no-hits" });
  const written = await generator.generate(prompt.messages, options);
  const { text, cited, unknown, declined } = checkAnswer(written.text, prompt.places.length);
  if (declined !== undefined) return answerOf(readied, { reason: declined, written, unknown });
  return answerOf(readied, { answer: text, cited, written, unknown });
}

interface Outcome {
  answer?: string;
  reason?: DeclineReason;
  cited?: number[];
  unknown?: number[];
  written?: GeneratedText;
}

function answerOf(readied: ReadiedQuestion, outcome: Outcome): QuestionAnswer {
  const { found, hits, prompt } = readied;
  const { answer = null, reason = null, cited = [], unknown = [], written } = outcome;
  return {
    index: found.index,
    generation: found.generation,
    mode: found.mode,
    plan: found.plan,
    answer,
    declined: reason !== null,
    reason,
    citations: cited.flatMap((number) => {
      const hit = hits[prompt.places[number - 1] ?? -1];
      if (hit === undefined) return [];
      const { id, doc_id, chunk_index, text } = hit;
      return [{ number, id, doc_id, chunk_index, text }];
    }),
    unknown_citations: unknown,
    complete: written?.finish !== "length",
    search_complete: found.complete,
    usage: {
      chunks_read: prompt.places.length,
      chunks_left_out: hits.length - prompt.places.length,
      prompt_tokens: written?.promptTokens ?? null,
      output_tokens: written?.outputTokens ?? null,
      cost_usd: readied.rerankCostUsd + (written?.costUsd ?? 0),
    },
  };
}

function noRoom(generatorId: string, roomTokens: number): DomainError {
  return new DomainError({
    kind: "invalid",
    type: "prompt-too-long",
    field: "generator",
    message: `Not one of the chunks fits with the question into the ${roomTokens} tokens that ${generatorId} can read.`,
    remedy: "Use a generator with a larger tokensMax in the file of models, or an index of smaller chunks.",
  });
}

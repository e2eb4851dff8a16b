import type { RerankerSettings } from "@lakefleet/config/models.ts";
import { z } from "zod";
import { askServer, type ModelServer } from "../../embedding/providers/model-server.ts";
import { answerError, failedError } from "../../embedding/providers/provider-errors.ts";

interface Scored {
  index: number;
  score: number;
}

/** What a reranker made of the documents of one call, and how many tokens it has read, where it counts. */
export interface RerankResult {
  /** One for each document, in their order. */
  scores: number[];
  tokens: number | undefined;
}

export interface RerankProtocol {
  /** Throws the errors that `askServer` names, and `answer-…` where a document has no score or two. */
  rerank(query: string, documents: readonly string[], signal: AbortSignal): Promise<RerankResult>;
}

const TeiAnswer = z.array(z.object({ index: z.int(), score: z.number() }));
const JinaAnswer = z.object({
  results: z.array(z.object({ index: z.int(), relevance_score: z.number() })),
  usage: z.object({ total_tokens: z.number() }).nullish(),
});

/** Index and score; some servers send the document with them. */
const bytesPerDocument = 200_000;

/** `POST <url>/rerank` as Jina, Cohere, vLLM and llama.cpp have it, or `POST /rerank` of TEI. */
export function rerankProtocol(server: ModelServer, { model, protocol }: RerankerSettings): RerankProtocol {
  const { provider } = server;
  const isTei = protocol === "tei";
  // TEI has its own routes beside those of OpenAI, which are what the url of the provider leads to.
  const asked = isTei ? { ...server, url: server.url.replace(/\/v1\/?$/, "") } : server;
  return {
    async rerank(query, documents, signal) {
      const answer = await askServer(asked, {
        path: "/rerank",
        body: isTei
          ? { query, texts: documents, truncate: true }
          : { model, query, documents, top_n: documents.length, return_documents: false },
        bytesMax: documents.length * bytesPerDocument,
        signal,
      });
      const read = isTei ? readTei(answer) : readJina(answer);
      if (read === undefined) throw failedError(provider, "the answer holds no scores");
      return { scores: collectScores(read.scored, documents.length, provider), tokens: read.tokens };
    },
  };
}

function readTei(answer: unknown): { scored: Scored[]; tokens: undefined } | undefined {
  const parsed = TeiAnswer.safeParse(answer);
  return parsed.success ? { scored: parsed.data, tokens: undefined } : undefined;
}

function readJina(answer: unknown): { scored: Scored[]; tokens: number | undefined } | undefined {
  const parsed = JinaAnswer.safeParse(answer);
  if (!parsed.success) return undefined;
  const scored = parsed.data.results.map(({ index, relevance_score: score }) => ({ index, score }));
  return { scored, tokens: parsed.data.usage?.total_tokens || undefined };
}

function collectScores(scored: readonly Scored[], count: number, provider: string): number[] {
  if (scored.length < count)
    throw answerError(provider, "short_answer", `${scored.length} scores for ${count} documents`);
  const scores = new Map<number, number>();
  for (const { index, score } of scored) {
    if (index < 0 || index >= count || scores.has(index))
      throw answerError(
        provider,
        "wrong_index",
        `a score for the document ${index} of ${count}, twice or of none`,
      );
    scores.set(index, score);
  }
  return Array.from({ length: count }, (_, index) => scores.get(index) ?? 0);
}

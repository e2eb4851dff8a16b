import type { EmbeddedTexts, EmbedTextsOptions } from "./embed-texts.ts";
import { addUsage, type ModelServing } from "./embedding-provider.ts";
import { answerError, inputFault } from "./providers/provider-errors.ts";
import { tokensAtLeast } from "./providers/token-bounds.ts";

/** One run over some texts: what has been found so far, and what it took. */
export interface ModelRun extends EmbedTextsOptions {
  serving: ModelServing;
  tokensRead: Awaited<ReturnType<ModelServing["tokensRead"]>>;
  outcome: EmbeddedTexts;
}

export interface ModelCall {
  vectors: Float32Array;
  /** Tokens that the model says it has read; undefined where it does not count. */
  read: number | undefined;
}

/** One call. Fewer tokens than the texts have words are an answer that cannot be used. */
export async function callModel(run: ModelRun, texts: readonly string[]): Promise<ModelCall> {
  const { provider, serving, outcome, signal, tokensRead } = run;
  let read: number | undefined;
  const vectors = await provider.embedBatch(texts, {
    signal,
    onUsage(usage) {
      read = usage.tokens;
      addUsage(outcome, usage);
    },
  });
  const expected = texts
    .map((text) => Math.min(tokensAtLeast(serving.documentPrefix + text), tokensRead.tokens))
    .reduce((sum, count) => sum + count, 0);
  if (read !== undefined && read < expected) {
    throw answerError(provider.embedderId, "truncated", `it has read ${read} tokens of ${expected} words`);
  }
  return { vectors, read };
}

/** A text that every working model has a vector for. */
const harmlessText = "the";

/** Throws `error`, or what else the server says now, unless it embeds a harmless text: then its input was to blame. */
export async function assertServing(run: ModelRun, error: unknown): Promise<void> {
  try {
    await callModel(run, [harmlessText]);
  } catch (cause) {
    throw inputFault(cause) === undefined ? cause : error;
  }
}

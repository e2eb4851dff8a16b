import { vectorFault } from "./check-vector.ts";
import { embedByModel } from "./embed-by-model.ts";
import type { EmbeddingProvider } from "./embedding-provider.ts";
import { noFeatures } from "./pending-rows.ts";

export interface EmbedTextsOptions {
  provider: EmbeddingProvider;
  texts: readonly string[];
  /** Told of each text's answer once it is there, with what all have cost so far; no more is asked for until it returns. */
  answered?: ((answers: readonly PlacedAnswer[], costUsd: number) => Promise<void>) | undefined;
  signal?: AbortSignal | undefined;
}

/** Which of the texts, and its vector or why it has none. */
export type PlacedAnswer = readonly [position: number, answer: Float32Array | string];

export interface EmbeddedTexts {
  /** The vector of each text, or why it has none; undefined where `failure` came before it. */
  answers: (Float32Array | string | undefined)[];
  /** As the provider counted them, and where it does not count, as estimated from above. */
  tokens: number;
  costUsd: number;
  /** Texts that were too long for the model and have the mean of their parts' vectors. */
  resplit: number;
  /** What ended the work before its time; what was made until then is good. */
  failure: unknown;
}

/**
 * Finds each text's vector. A text that no vector can be made of is answered with the reason, and costs its neighbours
 * nothing; a provider that is down is a `failure`, and no text's fault.
 */
export async function embedTexts(options: EmbedTextsOptions): Promise<EmbeddedTexts> {
  const { provider } = options;
  if (provider.serving !== undefined) return embedByModel({ ...options, serving: provider.serving });
  const free = { tokens: 0, costUsd: 0, resplit: 0, failure: undefined };
  const answers = await embedHere(options);
  await options.answered?.([...answers.entries()], 0);
  return { answers, ...free };
}

/** By arithmetic of this process, in one call. */
async function embedHere({ provider, texts, signal }: EmbedTextsOptions): Promise<(Float32Array | string)[]> {
  const { dimension, lengthMax } = provider;
  const fitting = texts.filter((text) => text.length <= lengthMax);
  if (fitting.length === 0) return texts.map(() => "too_long");
  const answer = await provider.embedBatch(fitting, { signal });
  const fault = answerFault(answer.length, { textCount: fitting.length, dimension });
  let next = 0;
  return texts.map((text) => {
    if (text.length > lengthMax) return "too_long";
    const vector = answer.subarray(next * dimension, (next + 1) * dimension);
    next += 1;
    if (fault !== undefined) return fault;
    const vectorProblem = vectorFault(vector);
    return vectorProblem === "zero" ? noFeatures : (vectorProblem ?? vector);
  });
}

function answerFault(length: number, expected: { textCount: number; dimension: number }): string | undefined {
  if (length === expected.textCount * expected.dimension) return undefined;
  return length > 0 && length % expected.textCount === 0 ? "wrong_dimension" : "short_answer";
}

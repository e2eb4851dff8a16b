import { DomainError } from "../../errors/domain-error.ts";
import type { ModelServing } from "../embedding-provider.ts";
import type { ModelAnswer } from "./model-provider.ts";

/** Room for the tokens around a text, so that a server which reads as much as it should never refuses this one. */
const margin = 8;

/**
 * Asks for one text of a known number of words, each a token at least. A server that says it has read fewer cuts texts
 * there, whatever is configured; from there on a text's count no longer says that all of it was read.
 */
export async function measureTokensRead(
  tokensMax: number,
  call: (texts: readonly string[]) => Promise<ModelAnswer>,
): ReturnType<ModelServing["tokensRead"]> {
  const words = tokensMax - margin;
  try {
    const { tokens } = await call([Array.from({ length: words }, () => "the").join(" ")]);
    return { tokens: Math.min(words, tokens ?? words), counted: tokens !== undefined };
  } catch (error) {
    // It says what is too long for it, so nothing is cut in silence.
    if (error instanceof DomainError && error.type === "provider-refused")
      return { tokens: words, counted: true };
    throw error;
  }
}

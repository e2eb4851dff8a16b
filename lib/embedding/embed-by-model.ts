import { embedAlone } from "./embed-alone.ts";
import type { EmbeddedTexts, EmbedTextsOptions } from "./embed-texts.ts";
import { addUsage, type ModelServing } from "./embedding-provider.ts";
import { assertServing, callModel, type ModelRun } from "./model-run.ts";
import { planCalls } from "./providers/plan-calls.ts";
import { inputFault } from "./providers/provider-errors.ts";
import { tokensAtMost } from "./providers/token-bounds.ts";
import { settleAll } from "./settle-all.ts";

/**
 * Asks a model on a server for the vectors, several calls at a time. A call that ends in the fault of an input is cut in
 * half until that input stands alone; only where the server still embeds a harmless text is the input to blame.
 */
export async function embedByModel(
  options: EmbedTextsOptions & { serving: ModelServing },
): Promise<EmbeddedTexts> {
  const { serving, texts, signal } = options;
  const answers = texts.map(() => undefined);
  const outcome: EmbeddedTexts = { answers, tokens: 0, costUsd: 0, resplit: 0, failure: undefined };
  if (texts.length === 0) return outcome;
  try {
    const tokensRead = await serving.tokensRead({ signal, onUsage: (usage) => addUsage(outcome, usage) });
    await embedAll({ ...options, outcome, tokensRead });
  } catch (error) {
    outcome.failure = error;
  }
  return outcome;
}

async function embedAll(run: ModelRun): Promise<void> {
  const { serving, texts, tokensRead, outcome } = run;
  const calls = planCalls(
    texts.map((text) => tokensAtMost(serving.documentPrefix + text)),
    { textsMax: serving.textsPerCall, tokensMax: serving.tokensPerCall, aloneFrom: tokensRead.tokens },
  );
  let next = 0;
  let failed = false;
  const ask = async (call: readonly number[]) => {
    await embedOrIsolate(run, call);
    const answers = call.map((position) => [position, outcome.answers[position] ?? "short_answer"] as const);
    await run.answered?.(answers, outcome.costUsd);
  };
  const work = async () => {
    for (let call = calls[next++]; call !== undefined && !failed; call = calls[next++]) {
      await ask(call).catch((error: unknown) => {
        failed = true;
        throw error;
      });
    }
  };
  await settleAll(Array.from({ length: Math.min(serving.concurrency, calls.length) }, work));
}

async function embedOrIsolate(run: ModelRun, positions: readonly number[]): Promise<void> {
  const { texts, outcome, provider } = run;
  const asked = positions.map((position) => texts[position] ?? "");
  if (positions.length === 1) {
    outcome.answers[positions[0] ?? 0] = await embedAlone(run, asked[0] ?? "");
    return;
  }
  try {
    const { vectors } = await callModel(run, asked);
    for (const [place, position] of positions.entries()) {
      const first = place * provider.dimension;
      outcome.answers[position] = vectors.subarray(first, first + provider.dimension);
    }
  } catch (error) {
    if (inputFault(error) === undefined) throw error;
    // Halving a batch for a server that is down would only ask it more often.
    await assertServing(run, error);
    const half = Math.ceil(positions.length / 2);
    await embedOrIsolate(run, positions.slice(0, half));
    await embedOrIsolate(run, positions.slice(half));
  }
}

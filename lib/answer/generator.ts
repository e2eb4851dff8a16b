import type { GeneratorSettings } from "@lakefleet/config/models.ts";
import { failedError } from "../embedding/providers/provider-errors.ts";
import { tokensAtMost } from "../embedding/providers/token-bounds.ts";
import { DomainError } from "../errors/domain-error.ts";
import type { ProviderGuard } from "../guard/open-provider-guard.ts";
import type { ChatMessage, ChatProtocol } from "./protocols/chat-protocol.ts";

export interface GeneratedText {
  text: string;
  /** `length` where it was cut off at the generator's limit. */
  finish: "stop" | "length";
  /** As the server counted them; undefined where it does not count. */
  promptTokens: number | undefined;
  outputTokens: number | undefined;
  costUsd: number;
}

export interface GenerateOptions {
  signal?: AbortSignal | undefined;
  /** Told each piece as it comes. A call that breaks after the first one is not made again. */
  onToken?: ((text: string) => void) | undefined;
}

/** A model that writes texts. */
export interface Generator {
  /** The most tokens that the messages together may have, by `promptTokensMax`. */
  readonly roomTokens: number;
  /** Throws `invalid`, `prompt-too-long`, and what the guard and the server's answers bring. */
  generate(messages: readonly ChatMessage[], options?: GenerateOptions): Promise<GeneratedText>;
}

export interface ServedGenerator {
  generatorId: string;
  settings: GeneratorSettings;
  usdPerMillionTokens: number;
  guard: ProviderGuard;
}

/** How models mark the beginning, the role and the end of a message. */
const tokensPerMessage = 8;
/** A client waits in front of it. */
const patienceMs = 10_000;

/** More tokens than any common model makes of these messages. */
export function promptTokensMax(messages: readonly ChatMessage[]): number {
  return messages.reduce((sum, { content }) => sum + tokensPerMessage + tokensAtMost(content), 0);
}

export function createGenerator(served: ServedGenerator, protocol: ChatProtocol): Generator {
  const { settings, guard, usdPerMillionTokens } = served;
  const costOf = (tokens: number) => (tokens * usdPerMillionTokens) / 1e6;
  const roomTokens = settings.tokensMax - settings.outputTokensMax;
  return {
    roomTokens,
    async generate(messages, { signal, onToken } = {}) {
      const promptTokens = promptTokensMax(messages);
      if (promptTokens > roomTokens) throw promptTooLong(served, promptTokens);
      const tokensMax = promptTokens + settings.outputTokensMax;
      const call = {
        requests: 1 as const,
        tokens: tokensMax,
        costUsdMax: costOf(tokensMax),
        model: settings.model,
        patienceMs,
        signal,
      };
      const told = { any: false };
      const ended = await guard.call<Collected | { error: unknown }>(call, async (inner) => {
        if (told.any) return { value: { error: brokenOff(settings.provider) }, tokens: 0, costUsd: 0 };
        try {
          const value = await collect(protocol.chat(messages, inner), { settings, told, onToken });
          const tokens = tokensOf(value);
          return { value, tokens, costUsd: tokens === undefined ? undefined : costOf(tokens) };
        } catch (error) {
          // The guard would make the call again, and the reader would see the beginning twice.
          if (told.any && !inner.aborted) return { value: { error } };
          throw error;
        }
      });
      if ("error" in ended) throw ended.error;
      return { ...ended, costUsd: costOf(tokensOf(ended) ?? tokensMax) };
    },
  };
}

type Collected = Omit<GeneratedText, "costUsd">;

async function collect(
  parts: ReturnType<ChatProtocol["chat"]>,
  { settings, told, onToken }: { settings: GeneratorSettings; told: { any: boolean } } & GenerateOptions,
): Promise<Collected> {
  const collected: Partial<Collected> & { text: string } = { text: "" };
  for await (const { text, finish, promptTokens, outputTokens } of parts) {
    collected.text += text;
    collected.finish ??= finish;
    collected.promptTokens = promptTokens ?? collected.promptTokens;
    collected.outputTokens = outputTokens ?? collected.outputTokens;
    if (text === "" || onToken === undefined) continue;
    told.any = true;
    onToken(text);
  }
  const { text, finish, promptTokens, outputTokens } = collected;
  if (finish === undefined) throw brokenOff(settings.provider);
  return { text, finish, promptTokens, outputTokens };
}

function tokensOf({ promptTokens, outputTokens }: Collected): number | undefined {
  return promptTokens === undefined || outputTokens === undefined ? undefined : promptTokens + outputTokens;
}

function brokenOff(provider: string): DomainError {
  return failedError(provider, "it broke off its answer");
}

function promptTooLong({ generatorId, settings }: ServedGenerator, tokens: number): DomainError {
  const { tokensMax, outputTokensMax } = settings;
  return new DomainError({
    kind: "invalid",
    type: "prompt-too-long",
    field: "generator",
    message: `The prompt may have ${tokens} tokens; ${generatorId} has room for ${tokensMax - outputTokensMax} beside its answer.`,
    remedy: "Send less text, or use a generator with a larger tokensMax in the file of models.",
  });
}

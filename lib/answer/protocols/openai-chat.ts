import type { GeneratorSettings } from "@lakefleet/config/models.ts";
import { z } from "zod";
import { askForLines, type ModelServer } from "../../embedding/providers/model-server.ts";
import { failedError } from "../../embedding/providers/provider-errors.ts";
import { type ChatPart, type ChatProtocol, streamBytesMax } from "./chat-protocol.ts";
import { parseLine } from "./parse-line.ts";

const Event = z.object({
  choices: z
    .array(
      z.object({
        delta: z.object({ content: z.string().nullish() }).optional(),
        finish_reason: z.string().nullish(),
      }),
    )
    .default([]),
  usage: z.object({ prompt_tokens: z.number(), completion_tokens: z.number() }).nullish(),
  error: z.unknown().optional(),
});

/** `POST <url>/chat/completions`, streamed; the last event before the end tells the tokens where the server counts. */
export function openAiChat(server: ModelServer, settings: GeneratorSettings): ChatProtocol {
  const { model, outputTokensMax, temperature } = settings;
  return {
    async *chat(messages, signal) {
      const request = {
        path: "/chat/completions",
        body: {
          model,
          messages,
          max_tokens: outputTokensMax,
          ...(temperature === null ? {} : { temperature }),
          stream: true,
          stream_options: { include_usage: true },
        },
        bytesMax: streamBytesMax(outputTokensMax),
        signal,
      };
      for await (const line of askForLines(server, request)) {
        const data = /^data:\s*(.*)$/.exec(line)?.[1];
        // Comments keep the connection alive.
        if (data === undefined) continue;
        if (data === "[DONE]") return;
        yield partOf(parseLine(data, Event, server.provider), server.provider);
      }
    },
  };
}

function partOf({ choices, usage, error }: z.infer<typeof Event>, provider: string): ChatPart {
  if (error !== undefined && error !== null) throw failedError(provider, "it broke off its answer");
  const [choice] = choices;
  const reason = choice?.finish_reason ?? undefined;
  return {
    text: choice?.delta?.content ?? "",
    finish: reason === undefined || reason === "length" ? reason : "stop",
    promptTokens: usage?.prompt_tokens,
    outputTokens: usage?.completion_tokens,
  };
}

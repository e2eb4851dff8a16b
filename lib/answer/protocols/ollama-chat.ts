import type { GeneratorSettings } from "@lakefleet/config/models.ts";
import { z } from "zod";
import { askForLines, type ModelServer } from "../../embedding/providers/model-server.ts";
import { failedError } from "../../embedding/providers/provider-errors.ts";
import { type ChatProtocol, streamBytesMax } from "./chat-protocol.ts";
import { parseLine } from "./parse-line.ts";

const Line = z.object({
  message: z.object({ content: z.string() }).optional(),
  done: z.boolean().default(false),
  done_reason: z.string().optional(),
  prompt_eval_count: z.number().optional(),
  eval_count: z.number().optional(),
  error: z.string().optional(),
});

/** `POST /api/chat`, one line of JSON for each piece. */
export function ollamaChat(server: ModelServer, settings: GeneratorSettings): ChatProtocol {
  const { model, tokensMax, outputTokensMax, temperature } = settings;
  return {
    async *chat(messages, signal) {
      const options = {
        // Without it the model is loaded with a window of its own choice, and drops what does not fit without a word.
        num_ctx: tokensMax,
        num_predict: outputTokensMax,
        ...(temperature === null ? {} : { temperature }),
      };
      const request = {
        path: "/api/chat",
        body: { model, messages, options, stream: true },
        bytesMax: streamBytesMax(outputTokensMax),
        signal,
      };
      for await (const text of askForLines(server, request)) {
        const line = parseLine(text, Line, server.provider);
        if (line.error !== undefined) throw failedError(server.provider, "it broke off its answer");
        yield {
          text: line.message?.content ?? "",
          finish: line.done ? finishOf(line.done_reason) : undefined,
          promptTokens: line.prompt_eval_count,
          outputTokens: line.eval_count,
        };
      }
    },
  };
}

function finishOf(reason: string | undefined): "stop" | "length" {
  return reason === "length" ? "length" : "stop";
}

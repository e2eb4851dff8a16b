import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { streamSSE } from "hono/streaming";
import { DomainError } from "../errors/domain-error.ts";
import { problemFrom } from "../errors/problem.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { answers } from "./answers.ts";

/** The `responses` of a route that answers one JSON shape, at once or as the last event of a stream. */
export function answersOrEvents<Schema extends z.ZodType>(schema: Schema, description: string) {
  const whole = answers(200, schema, description);
  const events = {
    "text/event-stream": {
      schema: z.string().openapi({
        description:
          "`token` events with `{text}`, then one `answer` with the JSON, or one `error` with a problem",
      }),
    },
  };
  return { ...whole, 200: { description, content: { ...whole[200].content, ...events } } };
}

export interface StreamedAnswer {
  telemetry: Telemetry;
  /** Its signal is aborted when the client has gone. */
  run: (onToken: (text: string) => void, signal: AbortSignal) => Promise<unknown>;
}

/** Server-sent events: a `token` for each piece, then one `answer`, or one `error` with the problem document. */
export function streamAnswer(context: Context, { telemetry, run }: StreamedAnswer): Response {
  return streamSSE(context, async (stream) => {
    const gone = new AbortController();
    stream.onAbort(() => gone.abort());
    // What a slow reader has not taken waits here, an answer at most, and does not hold up the model's place.
    let sent = Promise.resolve();
    const send = (event: string, value: unknown): Promise<void> => {
      sent = sent.then(() => stream.writeSSE({ event, data: JSON.stringify(value) }));
      return sent;
    };
    try {
      await send("answer", await run((text) => void send("token", { text }), gone.signal));
    } catch (error) {
      if (gone.signal.aborted) return;
      if (!(error instanceof DomainError))
        telemetry.log.error({ err: error, path: context.req.path }, "request failed");
      await send("error", problemFrom(error));
    }
  });
}

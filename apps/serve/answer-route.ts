import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import { QuestionAnswer, QuestionRequest } from "@lakefleet/lib/answer/answer-contract.ts";
import { answerQuestion, readyQuestion } from "@lakefleet/lib/answer/answer-question.ts";
import { answersOrEvents, streamAnswer } from "@lakefleet/lib/http/answer-events.ts";
import { jsonBody } from "@lakefleet/lib/http/answers.ts";
import { scopedBy } from "@lakefleet/lib/profile/scope/declare-scope.ts";
import type { ServeDependencies } from "./dependencies.ts";

const ask = createRoute({
  ...scopedBy({ indexes: ["json.index"], generators: ["json.generator"] }),
  method: "post",
  path: "/vectors/rag",
  tags: ["search"],
  summary: "Answer a question from the chunks of an index, with citations, or decline",
  request: { body: jsonBody(QuestionRequest) },
  responses: answersOrEvents(QuestionAnswer, "The checked answer with what it cites, or why there is none"),
});

export function mountAnswerRoute(app: OpenAPIHono, { search, models, telemetry }: ServeDependencies): void {
  app.openapi(ask, async (context) => {
    const request = context.req.valid("json");
    const { signal } = context.req.raw;
    const readied = await readyQuestion(request, { search, models }, signal);
    if (!request.stream) return context.json(await answerQuestion(readied, { signal }), 200);
    return streamAnswer(context, {
      telemetry,
      run: (onToken, gone) => answerQuestion(readied, { onToken, signal: gone }),
    });
  });
}
